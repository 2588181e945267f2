"""Addresses of the phone page."""

from __future__ import annotations

from django.urls import path

from gongzhi.interfaces.pocket import views

app_name = "pocket"

urlpatterns = [
    path("tasks", views.tasks, name="tasks"),
    path("tasks/slips", views.slips, name="slips"),
    path("tasks/<int:pk>", views.task, name="task"),
]
