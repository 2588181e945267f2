"""Pure engines: frozen values in, one frozen result out; no Django, no input or output, no clock."""
