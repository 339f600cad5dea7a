"""peewee, Tortoise and marshmallow complete the classes that are built on them: no patches."""

import asyncio

import marshmallow
import peewee
from snapshot import differences
from tortoise import Tortoise, fields
from tortoise.models import Model

EXPECT = {"needs": ["marshmallow", "peewee", "tortoise-orm"]}

database = peewee.SqliteDatabase(":memory:")


class Shop(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(10)


class Shelf(Model):
    id = fields.IntField(primary_key=True)
    shop = fields.ForeignKeyField("models.Shop", related_name="shelves")


async def main() -> None:
    await Tortoise.init(db_url="sqlite://:memory:", modules={"models": ["__main__"]})
    await Tortoise.generate_schemas()
    shop = await Shop.create(name="tea")
    await Shelf.create(shop=shop)
    assert len(await shop.shelves.all()) == 1
    await Tortoise.close_connections()


with differences():

    class Author(peewee.Model):
        name = peewee.CharField()

        class Meta:
            database = database

    class Book(peewee.Model):
        author = peewee.ForeignKeyField(Author, backref="books")

        class Meta:
            database = database

    class AuthorSchema(marshmallow.Schema):
        name = marshmallow.fields.Str()

        @marshmallow.post_load
        def make(self, values: dict[str, str], **options: object) -> Author:
            return Author.create(**values)

    database.create_tables([Author, Book])
    author = AuthorSchema().load({"name": "Ada"})
    Book.create(author=author)
    assert author.books.count() == 1
    asyncio.run(main())
