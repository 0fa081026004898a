from django.db import migrations, models
from django.utils import timezone


def watch_domains_with_keys(apps, schema_editor):
    """What has keys is checked from now on; how many at a time, the watch itself decides."""
    apps.get_model("domains", "Domain").objects.filter(state="ACTIVE", dnssec_keys__gt=0).update(
        watch_at=timezone.now()
    )


class Migration(migrations.Migration):
    dependencies = [
        ("domains", "0009_precheck"),
    ]

    operations = [
        migrations.AddField(
            model_name="domain",
            name="health",
            field=models.CharField(
                choices=[
                    ("BROKEN", "Broken"),
                    ("FAULTY", "Warning"),
                    ("INSECURE", "Not protected"),
                    ("SECURE", "Secure"),
                    ("UNKNOWN", "Not known"),
                ],
                default="UNKNOWN",
                editable=False,
                max_length=8,
                verbose_name="health",
            ),
        ),
        migrations.AddField(
            model_name="domain",
            name="health_since",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="in this health since"),
        ),
        migrations.AddField(
            model_name="domain",
            name="checked_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="checked in the DNS"),
        ),
        migrations.AddField(
            model_name="domain",
            name="watch_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="next check in the DNS"),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("added", "Key added"),
                    ("not_added", "Key not added"),
                    ("deleted", "Key deleted"),
                    ("not_deleted", "Key not deleted"),
                    ("changed", "Changed at the registry"),
                    ("warned", "Warning"),
                    ("recovered", "All well again"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="is_copy",
            field=models.BooleanField(
                default=False, help_text="For somebody else who is to know.", verbose_name="copy"
            ),
        ),
        migrations.AddIndex(
            model_name="domain",
            index=models.Index(fields=["owner", "health", "name"], name="domain_by_owner_health"),
        ),
        migrations.AddIndex(
            model_name="domain",
            index=models.Index(condition=models.Q(("health", "BROKEN")), fields=["health_since"], name="domain_broken"),
        ),
        migrations.AddIndex(
            model_name="domain",
            index=models.Index(fields=["watch_at"], name="domain_by_watch_at"),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.CheckConstraint(
                condition=models.Q(("health__in", ["BROKEN", "FAULTY", "INSECURE", "SECURE", "UNKNOWN"])),
                name="domain_health_is_known",
            ),
        ),
        # Last: PostgreSQL changes no table whose rows were written in the same transaction.
        migrations.RunPython(watch_domains_with_keys, migrations.RunPython.noop),
    ]
