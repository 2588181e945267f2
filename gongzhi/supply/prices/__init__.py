"""The price watch (价格监测): its rules, what is known of a price, what may be done, in words."""
