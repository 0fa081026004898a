"""The addresses of registered domains, requests and the demo's mailbox."""

from django.urls import path, re_path

from domains import viewing, views

app_name = "domains"
urlpatterns = [
    path("domains/", views.domain_list, name="list"),
    path("domains/columns", views.choose_columns, name="choose_columns"),
    re_path(r"^domains[.](?P<form>csv|json)$", views.domain_export, name="export"),
    re_path(r"^domains/(?P<name>[a-z0-9.-]+)/$", views.domain_detail, name="detail"),
    re_path(r"^domains/(?P<name>[a-z0-9.-]+)/history/$", views.domain_history, name="history"),
    path("requests/", views.request_list, name="requests"),
    path("requests/live/", views.request_list_live, name="requests_live"),
    re_path(r"^requests/(?P<reference>[0-9A-Z]{10})/$", views.request_detail, name="request"),
    re_path(r"^requests/(?P<reference>[0-9A-Z]{10})/live/$", views.request_detail_live, name="request_live"),
    path("viewing/stop/", viewing.stop_viewing, name="stop_viewing"),
    path("mailbox/", views.mailbox_list, name="mailbox"),
    path("mailbox/<str:key>/", views.mailbox_mail, name="mail"),
    path("mailbox/<str:key>/html/", views.mailbox_mail_html, name="mail_html"),
]
