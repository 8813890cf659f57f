"""Malformed and unusual parameters, query strings, paths and conditions, as careless and hostile clients send them."""

LONG = "9" * 400

ILL_FORMED: dict[str, list[str]] = {
    "limit": [
        "0", "201", "999", "1000", "-1", "+5", " 5", "5 ", "05", "5.0", "5e0", "0x5", "٥", "５", "²", "", "abc",
        "1_0", LONG, "None", "true", "NaN",
    ],
    "min_price": [
        "NaN", "Infinity", "-0", "-1", "+1", "1.", ".5", "1.234", "123456789", "1e3", "1,5", "١", "１", " 1", "1 ",
        "", "0x1", "1_0", LONG, "null",
    ],
    "max_price": ["nan", "inf", "-0.01", "1.000", "100000000", "1E3", "٣٫٥", "1.٥", "", " ", "1..0", LONG],
    "category": ["", "Kitchen", "küche", "a b", "a_b", "a/b", "-" * 65, "a" * 65, "a.", "ａ", "a\u2028", "'", "%", "*"],
    "q": ["", " ", "\u00a0\u2003\u3000", "+", "x" * 201, "é" * 201, "🫖" * 201, " " * 300, "\u2028"],
    "sort": [
        "", "ID", "Id", "--id", "+id", "id ", " id", "-", "version", "created_at", "name,id", "name;drop", "price-",
        "ｉｄ", LONG,
    ],
    "cursor": [
        "", "garbage", "=", "====", "a" * 1024, "a" * 1025, "a" * 4000, "-", "_", "AA==", "null", "WzFd", "W10", "é",
        "a+b", "a/b", " ", "IiI", "bnVsbA",
    ],
}  # fmt: skip

SEARCHES = [
    "mug", "MUG", "fuss", "fußball", "FUSSBALL", "café", "cafe\u0301", "İstanbul", "istanbul", "ISTANBUL",
    "i\u0307stanbul", "ıstanbul", "हिन्", "ที่", "VIÊ\u0323T", "한", "\u0301", "STRASSE", "stra\u1e9ee",
    "οδυσσευς", "ὈΔΥΣΣΕΎΣ",
    "тёпл", "ТЁПЛЫЙ", "теплый", "כוס", "شاي", "٢٥", "25", "茶", "찻", "ﬁne", "fine", "Ǌungla", "family", "well-known",
    "well", "known",
    "👩‍👩‍👧‍👦", "🫖", "'", '"', "\\", "%", "_", "&", "|", "!", ":*", "(", ")", "<->", "a & b", "!mug", "'mug'",
    "mug:*", "mug:A", "--", "/*", ";",
    "$1", "{}", "%s", "null", "\u2028", "\ufeff", "\u200d", "e\u0301\u0302", "the", "and", "0", "~", "x" * 100,
    "long long", "<b>", "</script>",
]  # fmt: skip

# Pieces of a query string. No raw control character, space or `#`: those never get past the gateway as they are.
PIECES = [
    b"", b"=", b"=1", b"unknown=1", b"unknown", b"LIMIT=5", b"limit[]=5", b"limit%20=5", b"lim%69t=5", b"limit=5",
    b"limit=5&limit=5", b"limit=5&limit=6",
    b"q=%FF", b"q=%ff%fe", b"q=a%00b", b"q=%00", b"q=%0A", b"q=a%7Fb", b"q=%C2%85", b"q=%C2%9F", b"q=%", b"q=%4",
    b"q=%zz", b"q=%u0041", b"q=100%",
    b"q=%C3", b"q=%C3%28", b"q=%ED%A0%80", b"q=%F4%90%80%80", b"q=%C0%80", b"q=%E2%80%A8", b"q=\xc3\xa9", b"q=\xff",
    b"q=\xe2\x80\xa8", b"q=a=b", b"q==",
    b"%FF=1", b"%00=1", b"%zz=1", b"\xff=1", b"\xc3\xa9=1", b"%C3%A9=1", b"a%0Ab=1", b"__proto__=1", b"id=1",
    b"format=json", b"page=2", b"offset=10", b"_method=DELETE",
    b"callback=x", b"sort=id&sort=-id", b"category=a&category=a", b"min_price=2&max_price=1",
    b"min_price=2&min_price=1&max_price=1", b"max_price=1&max_price=1&min_price=2",
    b"cursor=W10&cursor=W10", b"cursor=%FF", b"cursor", b"limit", b"q", b";limit=5", b"limit=5;q=a",
    b"limit=5%26q=a", b"a.b=1", b"a+b=1", b"%20=1", b"+=1",
    b"<script>=1", b"'=1", b'"=1', b"{}=[]", b"|=|", b"^=`", b"\\=\\",
]  # fmt: skip

METHODS = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

PATHS = [
    b"/api/items/%(id)b", b"/api/items/%(id)b//", b"/api/items/%(id)b/x/", b"/api/items/%(id)b/label/",
    b"/api/items/abc/", b"/api/items/%%D9%%A1/",
    b"/api/items/%%EF%%BC%%91/", b"/api/items/%%FF/", b"/api/items/%(id)b%%20/", b"/api/items/%(id)b%%0A/",
    b"/api/items/%(id)b;v=1/", b"/api/items/-/",
    b"/api/items/1e3/", b"/api/items/0x1/", b"/api/items/null/", b"/api/item/", b"/api/Items/", b"/api/items.json",
    b"/api/categories", b"/api/categories/x/",
    b"/api/", b"/api/v1/items/", b"/api/items/'/", b"/api/items/%%E2%%80%%A8/", b"/api/items/%%C3%%A9/?limit=0",
    b"/api/items/" + b"1" * 300 + b"/",
]  # fmt: skip


def conditions(tag: str) -> list[str]:
    """Return If-None-Match in every form, given the tag that the answer has."""
    return [
        tag,
        f"W/{tag}",
        f'"x", {tag}',
        f'{tag},"x"',
        f'"a,b" , W/{tag}\t,"c"',
        "*",
        '"x"',
        '""',
        f'"a{tag[1:-1]}"',
        tag.strip('"'),
        f"w/{tag}",
        f"W/ {tag}",
        f"{tag} {tag}",
        f'{tag}, "unclosed',
        f"{tag}, *",
        f"*, {tag}",
        f"{tag}x",
        f"'{tag[1:-1]}'",
        f'{tag}, "ü\x80"',
        f'{tag}, "a b"',
        f"{tag};q=1",
        f'"{"x" * 2000}", {tag}',
        tag[:-1],
    ]
