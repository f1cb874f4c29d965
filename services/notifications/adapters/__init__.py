"""PostgreSQL, e-mail, webhooks, templates, the profile's contacts."""
