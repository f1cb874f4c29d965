"""Where the demonstration's letters arrive: a real SMTP server and a webhook endpoint, both on loopback.

Mails are kept as `mail/NNNNNN.eml`, verified webhooks as `webhooks/NNNNNN.json`. The address or the URL says which
trouble is wanted, so that people and tests see a channel's real errors:

    unknown*@      550 5.1.1  no such mailbox             /hooks/<county>/<unit>          taken, 204
    overquota*@    552 5.2.2  mailbox full for good       /flaky/<n>/<county>/<unit>      503 for the first n times
    full*@         452 4.2.2  mailbox full just now       /gone/<county>/<unit>           410
    full-<n>*@     the same, the first n times            /redirect/<county>/<unit>       302
    greylist*@     451 4.7.1  the first time              /refuse/<status>/<county>/<unit>
    spam*@         554 5.7.1  after the letter itself     /robot/<errcode>/<county>/<unit>  200 with that errcode
    bounce*@       takes the letter, sends a report that it came back (RFC 3464); bounce-delayed*@ that it will be late
    mute*@         takes the letter, hangs up unanswered  /mute/<county>/<unit>           takes it, hangs up unanswered

Robots, of any maker, at /robots/<key>/<code>/<name>, kept as `robots/NNNNNN.json`, a repetition once more:

    /robots/<key>/0/<name>         taken, 200 {"<key>": 0}       /robots/<key>/status-<n>/<name>  that status, no word
    /robots/<key>/<code>/<name>    not taken, 200 {"<key>": code}  /robots/<key>/mute/<name>      takes it, says nothing

Reports go to the Maildir `bounces` (DUBAN_BOUNCE_MAILDIR), which notifications reads under the same variable.
"The first n times" counts for each message. A message that comes again under its Message-ID is a second file, so
that an audit can count; a webhook that comes again under its `webhook-id` is dropped and counted, as
standard-webhooks asks of receivers.
"""
