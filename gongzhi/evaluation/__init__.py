"""Room 10: after-action reviews and the burden of forms (评估)."""
