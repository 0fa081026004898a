from django.db import migrations, models


def forget_unchosen(apps, schema_editor):
    """English was what everybody had without having chosen it: from now on the browser is asked."""
    apps.get_model("domains", "Person").objects.filter(language="en").update(language="")


class Migration(migrations.Migration):
    dependencies = [
        ("domains", "0007_copies_of_mails"),
    ]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="said",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AlterField(
            model_name="person",
            name="language",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Empty: as the browser asks for.",
                max_length=16,
                verbose_name="language",
            ),
        ),
        migrations.RunPython(forget_unchosen, migrations.RunPython.noop),
    ]
