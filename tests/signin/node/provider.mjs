// A certified OpenID Connect provider, set up from its own documentation: people sign in by authorization code with PKCE,
// access tokens are JWTs (RFC 9068) for one audience. argv: a file of settings; it says "ready" when it listens.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as oidc from 'oidc-provider';

const { issuer, port, audience, keys, people, lifetime } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const provider = new oidc.Provider(issuer, {
  jwks: { keys },
  cookies: { keys: ['a key of this test'] },
  clients: [{
    client_id: 'office', redirect_uris: ['https://office.city.example/callback'], response_types: ['code'],
    grant_types: ['authorization_code'], token_endpoint_auth_method: 'none', id_token_signed_response_alg: keys[0].alg,
  }],
  findAccount: (_, id) => (id in people ? { accountId: id, claims: () => ({ sub: id }) } : undefined),
  extraTokenClaims: (_, token) => people[token.accountId],
  ttl: { AccessToken: lifetime, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://duban.city.example',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        audience, scope: '', accessTokenFormat: 'jwt', jwt: { sign: { alg: keys[0].alg } },
      }),
    },
  },
});
createServer(provider.callback()).listen(port, '127.0.0.1', () => process.stdout.write('ready\n'));
