"""Foreign bytes and wrong questions at the doors of running services, which are started once for all files here."""
