"""SQLAlchemy with declarative and imperative mapping, events and reflection: it patches nothing."""

from snapshot import differences
from sqlalchemy import Column, ForeignKey, Integer, String, Table, create_engine, event, select
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    clear_mappers,
    mapped_column,
    registry,
    relationship,
)

EXPECT = {"needs": ["sqlalchemy"]}


class Base(DeclarativeBase):
    pass


class Plain:
    pass


with differences():

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        addresses: Mapped[list["Address"]] = relationship(back_populates="user")

        @hybrid_property
        def initial(self) -> str:
            return self.name[0]

    class Address(Base):
        __tablename__ = "address"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
        user: Mapped[User] = relationship(back_populates="addresses")

    columns = [Column("id", Integer, primary_key=True), Column("text", String)]
    plain = registry(metadata=Base.metadata)
    plain.map_imperatively(Plain, Table("plain", Base.metadata, *columns))
    loaded: list[str] = []
    event.listen(User, "load", lambda user, context: loaded.append(user.name))
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([User(name="ada", addresses=[Address()]), Plain(text="x")])
        session.commit()
        session.expunge_all()
        assert session.scalars(select(User)).one().initial == "a"
    assert loaded == ["ada"]
    mapped = automap_base()
    mapped.prepare(autoload_with=engine)
    assert mapped.classes.address is not None
    clear_mappers()
