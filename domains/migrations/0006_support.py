from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("domains", "0005_longer_ids"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="person",
            options={
                "permissions": [("view_as_owner", "Can view the console as an owner sees it")],
                "verbose_name": "person",
                "verbose_name_plural": "people",
            },
        ),
        migrations.AddIndex(
            model_name="outgoingemail",
            index=models.Index(fields=["id"], condition=Q(status="UNDELIVERABLE"), name="mail_undeliverable"),
        ),
    ]
