"""The addresses of a domain's keys."""

from django.urls import path, re_path

from dnssec import guided, help, looking, resolver_page, tlds, views

NAME = r"^domains/(?P<name>[a-z0-9.-]+)/dnssec/"

app_name = "dnssec"
urlpatterns = [
    re_path(NAME + r"$", views.manage_keys, name="manage_keys"),
    re_path(NAME + r"live/$", views.live, name="live"),
    re_path(NAME + r"records\.txt$", views.records, name="records"),
    re_path(NAME + r"mail-copy/$", views.mail_copy, name="mail_copy"),
    re_path(NAME + r"check-again/$", views.check_again, name="check_again"),
    re_path(NAME + r"chain/$", looking.chain, name="chain"),
    re_path(NAME + r"chain/check/$", looking.check_chain, name="check_chain"),
    re_path(NAME + r"keys/$", views.add_key, name="add_key"),
    re_path(NAME + r"keys/understand/$", views.understand, name="understand"),
    re_path(NAME + r"keys/(?P<pk>[0-9]{1,18})/note/$", views.note, name="note"),
    re_path(NAME + r"keys/(?P<pk>[0-9]{1,18})/delete/$", views.delete_key, name="delete_key"),
    re_path(NAME + r"keys/(?P<pk>[0-9]{1,18})/remove/$", views.remove_key, name="remove_key"),
    re_path(NAME + r"resolver/$", resolver_page.resolver, name="resolver"),
    re_path(NAME + r"resolver/live/$", resolver_page.live, name="resolver_live"),
    re_path(NAME + r"resolver/ask/$", resolver_page.ask_again, name="resolver_ask"),
    re_path(NAME + r"rollover/$", guided.guide, {"slug": "rollover"}, name="rollover"),
    re_path(NAME + r"switch-off/$", guided.guide, {"slug": "switch-off"}, name="switch_off"),
    re_path(NAME + r"next-step/$", guided.step, name="next_step"),
    re_path(NAME + r"next-step\.ics$", guided.step_file, name="next_step_file"),
    path("tlds/", tlds.tld_list, name="tlds"),
    path("help/", help.help_index, name="help"),
    path("help/<slug:slug>/", help.help_topic, name="help_topic"),
    path("requests/<str:reference>/cancel/", views.cancel, name="cancel"),
    path("requests/<str:reference>/mails/<int:pk>/again/", views.send_mail_again, name="send_mail_again"),
]
