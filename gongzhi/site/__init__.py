"""Settings and addresses: where the house meets the machine it runs on."""
