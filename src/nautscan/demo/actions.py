"""What happens in the shop: each action of a visitor and the calls that it causes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from nautscan.demo import backends
from nautscan.demo.http import Body, Request, Response, json_body
from nautscan.demo.network import MILLISECOND, SECOND, Answer, Handler, Network, Reply, Talk
from nautscan.demo.shop import (
    BANK,
    BANK_NAME,
    BROWSERS,
    BROWSERS_V6,
    CACHE,
    CATALOG,
    DATABASE,
    DOMAIN,
    GATEWAY,
    GATEWAY_V6,
    MONITOR,
    ORDERS,
    PAYMENTS,
    WEB,
    Service,
)
from nautscan.demo.wire import Endpoint, Host

PRODUCTS = ("anchor", "sextant", "compass", "lantern", "rope", "barometer", "telescope", "sail")
HTML = "text/html; charset=utf-8"


class Ask(NamedTuple):
    """The part of a request that an action decides."""

    method: str
    target: str
    body: Body | None = None
    headers: Mapping[str, str] = {}


@dataclass
class Shop:
    """The services' behaviour. Every number in it is drawn from `random`."""

    network: Network
    random: Random
    trace: str = ""

    def visit(self, at: int) -> None:
        """One action of one visitor, chosen by weight."""
        actions: Mapping[Callable[[int], object], int] = {
            self.front_page: 20,
            self.product_page: 26,
            self.missing_product: 4,
            self.search: 8,
            self.picture: 16,
            self.add_to_cart: 10,
            self.remove_from_cart: 3,
            self.check_out: 8,
            self.sign_in: 5,
        }
        self.trace = f"{self.random.getrandbits(128):032x}"
        [action] = self.random.choices(list(actions), weights=list(actions.values()))
        action(at)

    def front_page(self, at: int) -> Reply:
        """A page that the gateway has from `web`, `web` from `catalog`, `catalog` from `db`."""

        def web(at: int) -> Answer:
            products = self._ask(
                at, (WEB, CATALOG), Ask("GET", "/products?page=1"), self._product_list
            )
            return self._page(products.at, "Everything for the sea", items=40)

        return self._browse(at, Ask("GET", "/"), web)

    def product_page(self, at: int) -> Reply:
        """A product; a visitor who has seen it is told that nothing changed."""
        product = self.random.choice(PRODUCTS)
        seen = self.random.random() < 0.25

        def web(at: int) -> Answer:
            target = f"/products/{product}"
            got = self._ask(
                at, (WEB, CATALOG), Ask("GET", target), lambda t: self._product(t, product)
            )
            if seen:
                return Answer(Response(304, {"ETag": f'"{product}-7"'}), got.at + MILLISECOND)
            return self._page(got.at, f"The {product}", items=6)

        headers = {"If-None-Match": f'"{product}-7"'} if seen else {}
        return self._browse(at, Ask("GET", f"/p/{product}", headers=headers), web)

    def missing_product(self, at: int) -> Reply:
        """A link to something that is no longer sold."""
        name = f"astrolabe-{self.random.randint(1, 9)}"

        def catalog(at: int) -> Answer:
            at = self._query(at, CATALOG, "SELECT * FROM products WHERE slug = $1", [])
            return Answer(Response(404, body=json_body({"error": "no such product"})), at)

        def web(at: int) -> Answer:
            got = self._ask(at, (WEB, CATALOG), Ask("GET", f"/products/{name}"), catalog)
            return self._page(got.at, "Not found", items=1, status=404)

        return self._browse(at, Ask("GET", f"/p/{name}"), web)

    def search(self, at: int) -> Reply:
        """The slow one: a query without an index, now and then beyond the gateway's patience."""
        word = self.random.choice(PRODUCTS)[:4]
        slow = self.random.random() < 0.12

        def catalog(at: int) -> Answer:
            think = self.random.randint(900, 2600) if slow else self.random.randint(60, 340)
            sql = "SELECT slug, price FROM products WHERE description LIKE $1"
            at = self._query(at, CATALOG, sql, self._rows(12), think_ns=think * MILLISECOND)
            return Answer(Response(200, body=json_body(self._rows(12), compressed=True)), at)

        def web(at: int) -> Answer:
            got = self._ask(at, (WEB, CATALOG), Ask("GET", f"/search?q={word}&limit=12"), catalog)
            return self._page(got.at, f"Results for {word}", items=12)

        return self._browse(at, Ask("GET", f"/search?q={word}"), web)

    def picture(self, at: int) -> Reply:
        """A picture from the gateway's own disk, in many segments."""
        product = self.random.choice(PRODUCTS)
        image = self.random.randbytes(self.random.randint(9_000, 90_000))

        def gateway(at: int) -> Answer:
            headers = {"Server": "nginx", "Cache-Control": "max-age=86400"}
            body = Body(image, "image/webp")
            return Answer(Response(200, headers, body), at + self._millis(0.2, 2.0))

        request = Request("GET", f"/static/{product}.webp", DOMAIN, self._browser_headers())
        return self._enter(at, request, gateway)

    def add_to_cart(self, at: int) -> Reply:
        """A JSON document posted through to `orders`, kept in the cache."""
        line = {"product": self.random.choice(PRODUCTS), "quantity": self.random.randint(1, 4)}

        def orders(at: int) -> Answer:
            key = f"cart:{self.random.randint(1000, 9999)}"
            at = self._cache(at, ORDERS, ("RPUSH", key, str(line)), b":1\r\n")
            return Answer(Response(201, {"Location": f"/cart/{key}"}, json_body({"cart": key})), at)

        return self._through_web(at, Ask("POST", "/cart", json_body(line)), orders)

    def remove_from_cart(self, at: int) -> Reply:
        """A deletion: an answer without content."""

        def orders(at: int) -> Answer:
            at = self._cache(at, ORDERS, ("LREM", "cart:1", "1", "rope"), b":1\r\n")
            return Answer(Response(204), at + MILLISECOND)

        return self._through_web(at, Ask("DELETE", f"/cart/{self.random.randint(1, 9)}"), orders)

    def check_out(self, at: int) -> Reply:
        """`orders` charges through `payments`, which asks the bank outside; it may fail."""
        order = self.random.randint(70_000, 99_999)
        fate = self.random.choices(
            ("paid", "declined", "bank down", "crash"), weights=(72, 12, 8, 8)
        )[0]

        def orders(at: int) -> Answer:
            at = self._query(at, ORDERS, "INSERT INTO orders VALUES ($1) RETURNING id", [])
            charge = json_body({"order": order, "amount": self.random.randint(900, 80_000)})
            paid = self._ask(
                at,
                (ORDERS, PAYMENTS),
                Ask("POST", "/charges", charge),
                lambda t: self._charge(t, fate),
            )
            if paid.response is None:
                return Answer(Response(502, body=json_body({"error": "payments gone"})), paid.at)
            if paid.response.status != 201:
                return Answer(Response(paid.response.status, body=paid.response.body), paid.at)
            return Answer(Response(201, body=json_body({"order": order, "paid": True})), paid.at)

        return self._through_web(
            at, Ask("POST", "/checkout", json_body({"cart": "cart:1"})), orders
        )

    def sign_in(self, at: int) -> Reply:
        """A form with a password; one in four is wrong."""
        right = self.random.random() < 0.75
        form = Body(b"user=ahoy&password=correct-horse", "application/x-www-form-urlencoded")

        def web(at: int) -> Answer:
            at = self._cache(at, WEB, ("GET", "user:ahoy"), backends.redis_bulk(b'{"id":7}'))
            if not right:
                return self._page(at, "Wrong password", items=1, status=401)
            cookie = f"session={self.random.getrandbits(64):x}; HttpOnly"
            headers = {"Location": "/", "Set-Cookie": cookie}
            return Answer(Response(303, headers), at + self._millis(40, 90))

        return self._browse(at, Ask("POST", "/login", form), web)

    def scrape(self, at: int) -> None:
        """The monitor asks the services for their health and their metrics."""
        for service in (WEB, CATALOG, ORDERS, PAYMENTS):
            self._ask(
                at,
                (MONITOR, service),
                Ask("HEAD", "/healthz"),
                lambda t: Answer(Response(200, body=json_body({"ok": True})), t + MILLISECOND),
            )
            later = at + 30 * MILLISECOND
            self._ask(later, (MONITOR, service), Ask("GET", "/metrics"), self._metrics)
            at += self._millis(50, 120)

    def export_orders(self, at: int) -> None:
        """A stream of unknown length, with a trailer at its end."""
        lines = "".join(f'{{"order":{n},"paid":true}}\n' for n in range(70_000, 70_160))
        body = Body(
            lines.encode(), "application/x-ndjson", chunked=True, trailers={"X-Rows": "160"}
        )
        self._ask(
            at,
            (WEB, ORDERS),
            Ask("GET", "/orders/export"),
            lambda t: Answer(Response(200, body=body), t + self._millis(20, 60)),
        )

    def _charge(self, at: int, fate: str) -> Answer:
        if fate == "crash":
            return Answer(None, at + self._millis(300, 900))
        at = self.network.resolve(at, PAYMENTS.host, BANK_NAME)
        bank_status = {"paid": 200, "declined": 402, "bank down": 503}[fate]

        def bank(at: int) -> Answer:
            body = json_body({"status": fate})
            headers = {"Connection": "close"} if bank_status == 503 else {}
            return Answer(Response(bank_status, headers, body), at + self._millis(60, 480))

        headers = {"Authorization": "Bearer demo-0123456789", **self._trace_header()}
        request = Request("POST", "/v1/transfers", BANK_NAME, headers, json_body({"iban": "XX00"}))
        got = self.network.call(at, PAYMENTS.host, BANK, request, bank)
        status = {200: 201}.get(bank_status, bank_status)
        return Answer(Response(status, body=json_body({"charge": fate})), got.at + MILLISECOND)

    def _product_list(self, at: int) -> Answer:
        at = self._cache(at, CATALOG, ("GET", "products:1"), backends.redis_bulk(None))
        rows = self._rows(24)
        at = self._query(at, CATALOG, "SELECT slug, price FROM products LIMIT 24", rows)
        return Answer(Response(200, body=json_body(rows, compressed=True)), at)

    def _product(self, at: int, product: str) -> Answer:
        document = json_body({"slug": product, "price": 4200, "stock": 7})
        cached = backends.redis_bulk(document.content)
        at = self._cache(at, CATALOG, ("GET", f"product:{product}"), cached)
        return Answer(Response(200, body=document), at + self._millis(0.3, 2.5))

    def _metrics(self, at: int) -> Answer:
        lines = "".join(f'http_requests_total{{route="{n}"}} {n * 17}\n' for n in range(120))
        body = Body(lines.encode(), "text/plain; version=0.0.4", compressed=True, chunked=True)
        return Answer(Response(200, body=body), at + self._millis(2, 9))

    def _page(self, at: int, title: str, items: int, status: int = 200) -> Answer:
        rows = "".join(f"<li>{title} {n}: {PRODUCTS[n % 8]}</li>" for n in range(items * 4))
        page = f"<!doctype html><title>{title}</title><ul>{rows}</ul>"
        body = Body(page.encode(), HTML, compressed=items > 2, chunked=items > 8)
        return Answer(Response(status, body=body), at + self._millis(1, 7))

    def _browse(
        self,
        at: int,
        ask: Ask,
        web: Handler,
    ) -> Reply:
        """A visitor's request, passed on by the gateway to `web`."""
        headers = {**self._browser_headers(), **ask.headers}
        request = Request(ask.method, ask.target, DOMAIN, headers, ask.body)

        def gateway(at: int) -> Answer:
            passed = replace(request, headers={**headers, **self._trace_header()})
            got = self.network.call(at, GATEWAY.host, WEB.endpoint, passed, web)
            if got.response is None:
                return Answer(Response(502, {"Server": "nginx"}), got.at)
            answer = got.response
            return Answer(
                Response(answer.status, {**answer.headers, "Server": "nginx"}, answer.body),
                got.at + self._millis(0.1, 0.6),
            )

        return self._enter(at, request, gateway)

    def _through_web(self, at: int, ask: Ask, orders: Handler) -> Reply:
        """A visitor's call of the API, passed on by `web` to `orders`."""

        def web(at: int) -> Answer:
            got = self._ask(at, (WEB, ORDERS), ask._replace(target=f"/v2{ask.target}"), orders)
            return Answer(got.response, got.at + self._millis(0.5, 3))

        return self._browse(at, ask._replace(target=f"/api{ask.target}"), web)

    def _enter(self, at: int, request: Request, gateway: Handler) -> Reply:
        """From some browser, over IPv4 or IPv6, to the gateway's published port."""
        if self.random.random() < 0.15:
            door = Endpoint(GATEWAY_V6, GATEWAY.port)
            return self.network.call(at, self._pick(BROWSERS_V6), door, request, gateway)
        return self.network.call(at, self._pick(BROWSERS), GATEWAY.endpoint, request, gateway)

    def _ask(
        self,
        at: int,
        hop: tuple[Service, Service],
        ask: Ask,
        handler: Handler,
    ) -> Reply:
        """A call between two services of the back network."""
        client, server = hop
        at = self.network.resolve(at, client.egress, server.name)
        headers = {"User-Agent": f"demo-{client.name}/1.0", **self._trace_header()}
        request = Request(ask.method, ask.target, server.authority, headers, ask.body)
        door = Endpoint(server.egress, server.port)
        return self.network.call(at, client.egress, door, request, handler)

    def _cache(self, at: int, client: Service, words: tuple[str, ...], answer: bytes) -> int:
        think = self.random.randint(30_000, 400_000)
        command = backends.redis_command(*words)
        talk = Talk("redis", words[0], backends.key_form(words[1]), command, answer, think)
        return self.network.exchange(at, client.egress, CACHE.endpoint, talk)

    def _query(
        self,
        at: int,
        client: Service,
        sql: str,
        rows: list[list[str]],
        think_ns: int | None = None,
    ) -> int:
        think = self._millis(0.6, 14) if think_ns is None else think_ns
        answer = backends.postgres_rows(("slug", "price"), rows)
        question = backends.postgres_query(sql)
        form = backends.statement_form(sql)
        talk = Talk("postgresql", sql.split(maxsplit=1)[0], form, question, answer, think)
        return self.network.exchange(at, client.egress, DATABASE.endpoint, talk)

    def _rows(self, count: int) -> list[list[str]]:
        return [[PRODUCTS[n % 8], str(self.random.randint(100, 9900))] for n in range(count)]

    def _browser_headers(self) -> dict[str, str]:
        return {
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) DemoBrowser/1.0",
            "Accept": "text/html,application/json;q=0.9,*/*;q=0.8",
            "Accept-Encoding": "gzip",
            "Cookie": "session=demo",
        }

    def _trace_header(self) -> dict[str, str]:
        """W3C trace context: one trace for all calls of one action."""
        return {"traceparent": f"00-{self.trace}-{self.random.getrandbits(64):016x}-01"}

    def _pick(self, hosts: tuple[Host, ...]) -> Host:
        return self.random.choice(hosts)

    def _millis(self, low: float, high: float) -> int:
        return int(self.random.uniform(low, high) * MILLISECOND)


VISITS_PER_SECOND = 6.0
SCRAPE_EVERY_NS = 5 * SECOND
EXPORT_EVERY_NS = 17 * SECOND
