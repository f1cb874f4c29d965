"""The arithmetic of published figures (DOMAIN §9). Nothing here knows where the terms come from."""
