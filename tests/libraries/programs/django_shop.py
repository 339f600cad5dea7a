"""A Django project with models, migrations, admin and views.

It patches nothing, but from 3.14 on `inspect`, for the moment in which it reads annotations.
"""

import django
from django.conf import settings
from snapshot import differences

EXPECT = {"needs": ["django"], "others": ["Django"], "reverted": True}

settings.configure(
    SECRET_KEY="not secret",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
)
urlpatterns: list[object] = []

with differences():
    django.setup()
    from django.contrib import admin
    from django.core.management import call_command
    from django.db import connection, models
    from django.http import HttpRequest, HttpResponse
    from django.test import Client
    from django.urls import path

    class Author(models.Model):
        name = models.CharField(max_length=20)

        class Meta:
            app_label = "auth"

    class Book(models.Model):
        author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
        kind = models.IntegerField(choices=[(1, "novel")], default=1)
        readers = models.ManyToManyField("auth.User")

        class Meta:
            app_label = "auth"

    def count(request: HttpRequest) -> HttpResponse:
        return HttpResponse(Book.objects.filter(author__name="Ada").count())

    admin.site.register(Author)
    urlpatterns.append(path("", count))
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    book = Author.objects.create(name="Ada").books.create()
    assert book.get_kind_display() == "novel"
    assert book.readers.count() == 0
    assert Client().get("/").content == b"1"
