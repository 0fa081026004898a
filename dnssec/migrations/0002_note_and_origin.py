import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q


def remember_who_added(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Name who asked for the keys that are there: their rows were made while the request for them was open."""
    Key = apps.get_model("dnssec", "DelegationSigner")
    Operation = apps.get_model("domains", "Operation")
    additions = Operation.objects.filter(type="ADD_DNSSEC", requested_by__isnull=False).order_by("id")
    for operation in additions.only("domain", "requested_by", "subject", "submitted_at", "finished_at").iterator():
        made_by_it = Q(created_at__gte=operation.submitted_at)
        if operation.finished_at:
            made_by_it &= Q(created_at__lte=operation.finished_at)
        Key.objects.filter(
            made_by_it, domain=operation.domain_id, fingerprint=operation.subject.get("fingerprint")
        ).update(added_by=operation.requested_by_id)


class Migration(migrations.Migration):
    dependencies = [
        ("dnssec", "0001_initial"),
        ("domains", "0005_longer_ids"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="delegationsigner",
            name="note",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="note"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="delegationsigner",
            name="added_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="added by",
            ),
        ),
        migrations.RunPython(remember_who_added, migrations.RunPython.noop, elidable=True),
    ]
