"""What each audience touches: api, console, portal, pocket, cli. No models, no rules."""
