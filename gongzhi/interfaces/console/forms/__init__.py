"""Forms made from the deeds' own signatures: what is asked, how it is drawn, how it is read."""
