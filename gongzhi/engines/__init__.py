"""Pure engines: frozen values in, one frozen result out; no Django, no I/O, no clock."""
