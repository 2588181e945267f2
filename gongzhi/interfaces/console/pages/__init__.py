"""The pages of the console, a module each: its views and its `urlpatterns`."""
