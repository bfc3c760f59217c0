from django.core.management.base import BaseCommand

from payroll.models import PayRun


class Command(BaseCommand):
    help = "closes yesterday's runs"

    def add_arguments(self, parser):
        parser.add_argument("--dry", action="store_true")

    def handle(self, *args, **options):
        for run in PayRun.objects.filter(state=PayRun.OPEN):
            run.close()
