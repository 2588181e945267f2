"""Room 7: plans, orders with deadlines, street calls (指挥)."""
