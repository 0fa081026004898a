from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("domains", "0006_support"),
    ]

    operations = [
        migrations.AddField(
            model_name="outgoingemail",
            name="is_copy",
            field=models.BooleanField(default=False, help_text="For who asked for the change.", verbose_name="copy"),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.UniqueConstraint(
                condition=Q(is_copy=True), fields=("resend_of",), name="one_copy_per_mail"
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=Q(is_copy=False) | Q(resend_of__isnull=False), name="mail_copies_another"
            ),
        ),
    ]
