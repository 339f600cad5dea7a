"""A Flask application with blueprint, session, template and error handler: no patches."""

from flask import Blueprint, Flask, render_template_string, session
from snapshot import differences

EXPECT = {"needs": ["flask"]}

app = Flask(__name__)
app.secret_key = "not secret"
cart = Blueprint("cart", __name__, url_prefix="/cart")


@cart.get("/<int:count>")
def show(count: int) -> str:
    session["count"] = count
    return render_template_string("{{ count }} in the cart", count=count)


@app.errorhandler(404)
def not_found(error: Exception) -> tuple[str, int]:
    return "nothing here", 404


with differences():
    app.register_blueprint(cart)
    app.config.update(TESTING=True)
    client = app.test_client()
    assert client.get("/cart/3").text == "3 in the cart"
    assert client.get("/elsewhere").status_code == 404
