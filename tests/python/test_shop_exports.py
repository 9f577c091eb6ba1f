"""Exports of usual shop systems, made small: each proposal lands as it is, and counts what it should."""

import io
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from conftest import ROOT, Classifier

from segmentation.inspection import propose

# A quarter of the time of all quick tests, for one command: test_inspect.py tries what is usual of it.
pytestmark = pytest.mark.slow

# Of each export its files, part of the proposal for the sales lines, and (buyers, lines, amount) of what counts then.
Files = dict[str, bytes]
ORDERS = range(1, 9)


def lines(header: str, rows: list[str], encoding: str = "utf-8") -> bytes:
    return "\r\n".join([header, *rows, ""]).encode(encoding)


def shopify() -> Files:
    """Order values and the number of the payment stand on the first line of an order; the last order was refunded."""
    rows = []
    refunds = {3: 5.00, 5: 6.50}
    for order in ORDERS:
        moment = f"2018-01-0{order} 10:11:12 +0800"
        status = "refunded" if order == 8 else "paid"
        rows += [
            f"#100{order},b{order % 3}@x.cn,{status},{moment},USD,{38 - order}.00,{43 - order}.00,{order}.00,"
            f"{refunds.get(order, 0):.2f},{moment},2,Cup,10.00,C-1,2.00,r{order}x",
            f"#100{order},b{order % 3}@x.cn,,,,,,,,{moment},1,Plate,20.00,P-1,0.00,",
        ]
    header = (
        "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Discount Amount,Refunded Amount,Created at,"
        "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount,Payment ID"
    )
    return {"orders_export_1.csv": lines(header, rows)}


def woocommerce() -> Files:
    rows = [
        f'{order},{status},"January {order}, 2018 {order}:05 pm",w{order % 4}@x.com,30.00,{item},{quantity},{cost}'
        for order in ORDERS
        for status in ["Cancelled" if order == 2 else "Completed"]
        for item, quantity, cost in (("Mug", 1, "10.00"), ("Tea", 2, "10.00"))
    ]
    header = (
        "Order Number,Order Status,Order Date,Email (Billing),Order Total Amount,Item Name,Quantity (- Refund),"
        "Item Cost"
    )
    return {"orders.csv": lines(header, rows)}


def taobao() -> Files:
    """The report of the orders beside that of their goods; ids are kept from spreadsheets."""
    orders, goods = [], []
    for order in ORDERS:
        status = "交易关闭" if order == 3 else "交易成功"
        number = f'"=""9000{order}"""'
        orders.append(f"{number},买家{order % 3},30.00,30.00,{status},2018-02-0{order} 21:00:00,杯子，盘子,3")
        goods += [f"{number},杯子,10.00,1,A-1,{status}", f"{number},盘子,10.00,2,B-1,{status}"]
    return {
        "ExportOrderList.csv": lines(
            "订单编号,买家会员名,总金额,买家实际支付金额,订单状态,订单创建时间,宝贝标题,宝贝总数量", orders, "gb18030"
        ),
        "ExportOrderDetailList.csv": lines("订单编号,标题,价格,购买数量,外部系统编号,订单状态", goods, "gb18030"),
    }


def taobao_orders() -> Files:
    return {"ExportOrderList.csv": taobao()["ExportOrderList.csv"]}


def jd() -> Files:
    """The amount of the order is repeated in each of its lines."""
    rows = [
        f"7700{order},{code},{name},{quantity},2018/3/{order} 9:05:00,{price},50.00,{status},jd_{order % 4}"
        for order in ORDERS
        for status in ["(删除)等待出库" if order == 1 else "完成"]
        for code, name, quantity, price in (("101", "书", 1, "30.00"), ("102", "笔", 2, "10.00"))
    ]
    return {
        "jd.csv": lines("订单号,商品ID,商品名称,订购数量,下单时间,京东价,订单金额,订单状态,下单帐号", rows, "gb18030")
    }


def youzan() -> Files:
    rows = [
        f"E2018{order:04d},{'交易关闭' if order > 6 else '交易完成'},2018年4月{order}日 12:3{order},"
        f"粉丝{order % 2},茶叶,1,{order}.50"
        for order in ORDERS
    ]
    return {"orders.csv": lines("订单号,订单状态,订单创建时间,买家昵称,全部商品名称,商品数量,订单实付金额", rows)}


def wechat() -> Files:
    """A preamble with as many commas as the table; amounts with a sign; backquotes before both; slashes for nothing."""
    preamble = [
        "微信支付账单明细,,,,,,,",
        "微信昵称：[店],,,,,,,",
        ",,,,,,,",
        "----------------------明细列表---------,,,,,,,",
    ]
    rows = [
        f"`2018-05-0{order} 08:00:00,二维码收款,客{order % 3},面,收入,`¥{order}.00,已收钱,"
        f"{'/' if order == 5 else f'4200{order}'}"
        for order in ORDERS
    ]
    rows.append("2018-05-09 08:00:00,商户消费,供货商,菜,支出,¥99.00,支付成功,42009")
    header = "交易时间,交易类型,交易对方,商品,收/支,金额(元),当前状态,交易单号"
    return {"微信支付账单.csv": lines(preamble[0], [*preamble[1:], header, *rows])}


def alipay() -> Files:
    """Lines above and below the table, blanks and tabs in names and values, gb18030."""
    rows = [
        f"2018{order}\t,m{order}\t,2018-06-0{order} 10:00:00 ,客{order % 4} ,茶 ,{order}.20 ,收入 ,"
        f"{'交易关闭' if order == 4 else '交易成功'} ,"
        for order in ORDERS
    ]
    above = ["账号:[shop@x.cn]", "起始日期:[2018-06-01]", "---------------------------------交易记录明细列表--------"]
    header = "交易号 ,商家订单号 ,交易创建时间 ,交易对方 ,商品名称 ,金额（元） ,收/支 ,交易状态 ,"
    return {
        "alipay.csv": lines("支付宝交易记录明细查询", [*above, header, *rows, "-------------"], "gb18030"),
    }


def cash_register() -> Files:
    """Each scan has a moment of its own."""
    rows = [
        f"{order:06d},3,V{order % 3},20180701 10{order:02d}1{scan},69{scan},{scan},{scan}.00"
        for order in ORDERS
        for scan in range(1, 4)
    ]
    return {"scans.csv": lines("小票号,收银机号,会员卡号,扫描时间,商品条码,数量,金额", rows)}


def accounting() -> Files:
    """Semicolons, decimal commas, dates with points, cp1252; a line of the program above the names."""
    rows = [f"1.23{order},50;S;EUR;1000{order % 3};{order + 10}.08.2018;RE{order};Müller & Söhne" for order in ORDERS]
    header = '"EXTF";700;21;"Buchungsstapel"'
    names = "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Konto;Belegdatum;Belegfeld 1;Buchungstext"
    return {"buchungen.csv": lines(header, [names, *rows], "cp1252")}


def square() -> Files:
    rows = [
        f"{order}/{order + 12}/18,1{order}:05:00,Eastern Time (US & Canada),Coffee,Latte,1.0,"
        f'${order}.50,"$1,00{order}.50",'
        f"T{order},{'Refund' if order == 7 else 'Payment'},S{order % 3}"
        for order in ORDERS
    ]
    header = "Date,Time,Time Zone,Category,Item,Qty,Gross Sales,Net Sales,Transaction ID,Event Type,Customer ID"
    return {"items.csv": lines(header, rows)}


def lightspeed() -> Files:
    rows = [f'"Jan {order}, 2018",{order},C{order % 3},Bike,1,{order}.00,{order}.00' for order in ORDERS]
    return {"lines.csv": lines("Date,Receipt Number,Customer Code,Item,Qty,Retail Price,Total", rows)}


def online_retail() -> Files:
    rows = [
        f"{'C' if order == 8 else ''}53600{order},85123A,CUP,6,2010-12-0{order} 08:26:00,2.55,1785{order % 3}.0,EIRE"
        for order in ORDERS
    ]
    return {"retail.csv": lines("Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country", rows)}


def instacart() -> Files:
    orders = [f"{order},{order % 3},2018-03-0{order}" for order in ORDERS]
    goods = [f"{order},{product},1" for order in ORDERS for product in (1, 2)]
    return {
        "orders.csv": lines("order_id,user_id,order_date", orders),
        "order_products.csv": lines("order_id,product_id,reordered", goods),
        "products.csv": lines("product_id,product_name,aisle_id", ["1,Milk,4", "2,Bread,5"]),
    }


def visits() -> Files:
    return {"visits.csv": lines("member_id,visit_time", [f"m{n % 3},2018-01-0{n} 10:00" for n in ORDERS])}


def amazon() -> Files:
    """The price is that of the line; an order that was cancelled has none."""
    rows = [
        f"111-{order}\t2018-01-0{order}T10:11:12+00:00\t{'Cancelled' if order == 8 else 'Shipped'}\tb{order % 3}@x.com"
        f"\tP{product}\t{pieces}\tUSD\t{'' if order == 8 else product * pieces}.00"
        for order in ORDERS
        for product in range(1, 7)
        for pieces in [(order + product) % 3 + 1]
    ]
    header = "amazon-order-id\tpurchase-date\torder-status\tbuyer-email\tsku\tquantity\tcurrency\titem-price"
    return {"orders.txt": lines(f"\ufeff{header}", rows)}


def prestashop() -> Files:
    """French names, a state in French, amounts with a narrow blank and a sign."""
    rows = [
        f'"{order}";"DUPONT {order % 3}";"1\u202f00{order},50\u00a0€";"{"Annulé" if order == 8 else "Livré"}";'
        f'"2{order}/01/2018 10:00:00"'
        for order in ORDERS
    ]
    return {"commandes.csv": lines('"Référence";"Client";"Total";"État";"Date"', rows)}


def sap_list() -> Files:
    """A list with bars, minus signs behind, a line of the sum, numbers of customers with zeros."""
    rows = [
        f"|{order % 3:010d}|0{order}.01.2018|9000{order}|MAT-{order}|{order}{'-' if order == 8 else ''}"
        f"|1.00{order},00{'-' if order == 8 else ''}|EUR|"
        for order in ORDERS
    ]
    names = "|Kunde|Belegdatum|Beleg|Material|Menge|Nettowert|Währg|"
    bar = "-" * len(names)
    return {"va05.txt": lines("Aufträge", ["", bar, names, bar, *rows, bar, "|*|||||9.999,00|EUR|"], "cp1252")}


def japanese() -> Files:
    rows = [f"{order},2018年1月{order}日 9時05分,K{order % 3},お茶セット,{order},￥1{order:02d}" for order in ORDERS]
    return {"売上.csv": lines("注文番号,注文日時,顧客番号,商品名,数量,金額", rows * 2, "cp932")}


def korean() -> Files:
    rows = [f'{order},2018-01-0{order} 10:00,m{order % 3},컵,{order},"1,00{order}원"' for order in ORDERS]
    return {"order.csv": lines("주문번호,주문일시,회원번호,상품명,수량,결제금액", rows, "cp949")}


def taiwanese() -> Files:
    rows = [f"{order},2018/01/0{order} 10:00,會員{order % 3},玻璃杯與茶葉,{order},1{order}0" for order in ORDERS]
    return {"orders.csv": lines("訂單編號,訂購時間,會員編號,商品名稱,數量,金額", rows, "cp950")}


def spanish() -> Files:
    rows = [
        f"{order};0{order}/01/2018;10{order % 3};Taza;{order};{order},50;{'Cancelado' if order == 8 else 'Entregado'}"
        for order in (*ORDERS, *ORDERS)
    ]
    rows.append("9;31/01/2018;100;Taza;1;1,00;Entregado")
    return {"ventas.csv": lines("Nº pedido;Fecha;Código cliente;Artículo;Cantidad;Importe;Estado", rows, "cp1252")}


def grocer() -> Files:
    """No word of the hours, weeks and shops is that of a customer."""
    rows = [
        f"200607,2018010{order},{order + 8},{order},{order}.50,PRD{order},{f'CUST{order % 3}' if order < 8 else ''},"
        f"9941001000{order},STORE{order:05d}"
        for order in ORDERS
    ]
    header = "SHOP_WEEK,SHOP_DATE,SHOP_HOUR,QUANTITY,SPEND,PROD_CODE,CUST_CODE,BASKET_ID,STORE_CODE"
    return {"transactions.csv": lines(header, rows)}


def auctions() -> Files:
    """A blank line above, dates with names of months and short years, lines of the program below."""
    rows = [f'"{order}","buyer_{order % 3}","Cup, ""XL""","1","${order}.50","Jan-0{order}-18"' for order in ORDERS]
    header = '"Sales Record Number","Buyer Username","Item Title","Quantity","Total Price","Sale Date"'
    return {"orders.csv": lines("", [header, ",,,,,", *rows, "", "8,record(s) downloaded,,,,"])}


def erp() -> Files:
    """What is known of an order stands on its first line alone; a guest's order has a number; the sum has no goods."""
    rows: list[list[object]] = [
        [f"S{order}" if first else None, f"Ann {order % 3}" if first and order < 8 else None,
         f"2018-01-0{order}" if first else None, "Cup" if first else "Tea", 1 if first else 2, 1.5 if first else 2.5]
        for order in ORDERS
        for first in (True, False)
    ]  # fmt: skip
    header = ["Order Reference", "Customer", "Order Date", "Order Lines/Product", "Order Lines/Quantity", "Subtotal"]
    return {"sale.order.xlsx": workbook({"Sheet1": [header, *rows, [None, None, None, None, None, 32]]})}


def multi_line() -> Files:
    """Values of several lines, with delimiters and quotes within; files of which one is utf-8 and one is not."""
    rows = [
        f'{order},2018-01-0{order},Müller{order % 3},"Cup, ""XL""\r\n;red\r\n",{order},{order}.50' for order in ORDERS
    ]
    header = "order_id,date,customer_id,product,qty,amount"
    return {"a.csv": lines(header, rows[:4]), "b.csv": lines(header, rows[4:], "cp1252")}


CASES = [
    # 280 less 28 of the orders, 14 of the lines and what was given back.
    (shopify, {"amount": "quantity * unit_price"}, (3, 14, "226.5")),
    (woocommerce, {"amount": "quantity * unit_price"}, (4, 14, 210)),
    (taobao, {"amount": "quantity * unit_price"}, (3, 14, 210)),
    (taobao_orders, {}, (3, 7, 210)),
    (jd, {"amount": "quantity * unit_price"}, (4, 14, 350)),
    (youzan, {}, (2, 6, 24)),
    (wechat, {"missing": ["/"], "skip": 4}, (3, 8, 36)),
    (alipay, {"skip": 4}, (4, 7, "33.4")),
    (cash_register, {"orders": "receipt"}, (3, 24, 48)),
    (accounting, {"decimal": ",", "encoding": "cp1252", "skip": 1}, (3, 8, 9880)),
    (square, {}, (3, 7, "7032.5")),
    (lightspeed, {}, (3, 8, 36)),
    (online_retail, {"amount": "quantity * unit_price"}, (3, 7, "107.1")),
    (instacart, {"amount": 1}, (3, 16, 16)),
    (visits, {"amount": 1}, (3, 8, 8)),
    (amazon, {"delimiter": "tab"}, (3, 42, 292)),
    (prestashop, {"decimal": ","}, (3, 7, "7031.5")),
    (sap_list, {"skip": 3, "decimal": ","}, (3, 7, 7028)),
    (japanese, {"encoding": "cp932"}, (3, 16, 1672)),
    (korean, {"encoding": "cp949"}, (3, 8, 8036)),
    (taiwanese, {"encoding": "cp950"}, (3, 8, 1160)),
    (spanish, {"decimal": ",", "encoding": "cp1252"}, (3, 15, 64)),
    (grocer, {}, (3, 7, "31.5")),
    (auctions, {"date_format": {"purchased_at": "%b-%d-%y"}}, (3, 8, 40)),
    (erp, {"fill_down": ["Customer", "Order Date", "Order Reference"]}, (3, 14, 28)),
    (multi_line, {"encoding": "cp1252", "files": ["a.csv", "b.csv"]}, (3, 8, 40)),
]


def proposed(files: Files, folder: Path) -> tuple[dict, list[str]]:
    raw = folder / "raw"
    raw.mkdir()
    for name, content in files.items():
        (raw / name).write_bytes(content)
    text, doubts = propose(list(raw.iterdir()), raw)
    (folder / "shop.yml").write_text(text, encoding="utf-8")
    assert all(doubt in text for doubt in doubts)
    return yaml.safe_load(text), doubts


@pytest.mark.parametrize(("made", "found", "counted"), CASES, ids=[made.__name__ for made, *_ in CASES])
def test_the_export_of_a_shop_lands_as_proposed(
    made, found: dict, counted: tuple, classifier: Classifier, tmp_path: Path
) -> None:
    content, _ = proposed(made(), tmp_path)
    sales = content["sales_lines"]
    assert sales | found == sales
    classifier.classify(tmp_path / "raw", str(tmp_path / "shop.yml"))
    [(buyers, rows, amount)] = classifier.query(
        "select count(distinct card_id), count(*), sum(amount) from marts.sales_lines where reason is null"
    )
    assert (buyers, rows, amount) == (*counted[:2], Decimal(counted[2])), yaml.safe_dump(content, allow_unicode=True)


def sales(*rows: str) -> bytes:
    return lines("card_id,purchase_date,quantity,amount", list(rows))


def workbook(sheets: dict[str, list[list[object]]], hidden: str = "") -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if name == hidden:
                sheet.hide()
    return content.getvalue()


USUAL = [f"a{n % 4},2018-01-{n:02d},1,{n}.50" for n in range(1, 29)]
TABLE: list[list[object]] = [["card_id", "purchase_date", "quantity", "amount"], ["a1", "2018-01-01", 1, 2.5]]
DOUBTS = [
    ({"s.csv": lines("card_id,date,amount", [f"a,0{n}/0{n + 1}/2018,1.5" for n in range(1, 6)])},
     "of 5 values of date, 5 can be read as %d/%m/%Y (then they are of 2018-02-01 to 2018-06-05) and as %m/%d/%Y "
     "(2018-01-02 to 2018-05-06), 0 only as the first, 0 only as the second; the first is taken"),
    ({"s.csv": lines("card_id,date,amount", ["a,31/01/2018,1.5", "a,01/31/2018,1.5", "a,30/01/2018,1.5"])},
     "of 3 values of date, 0 can be read as %d/%m/%Y"),
    ({"s.csv": lines("card_id,date,amount,currency", ["a,2018-01-01,1.5,EUR", "a,2018-01-02,150,JPY"] * 3)},
     "currency has EUR (3 lines), JPY (3 lines)"),
    ({"s.csv": lines("card_id,date,amount", ["a,2018-01-01,¥1.5", "a,2018-01-02,US$150"] * 3)},
     "the amounts have the signs US$ and ¥; they are not added up"),
    # Among many others, one that is rare.
    ({"s.csv": lines("card_id,date,amount", [f"a,2018-01-01,${n}.50" for n in range(400)] + ["a,2018-01-02,-EUR 7"])},
     "the amounts have the signs $ and EUR; they are not added up"),
    ({"s.csv": sales(*USUAL, "A1,2018-01-05,1,3.00", "A2,2018-01-05,1,3.00")},
     "4 values of card_id differ in capital letters only, such as A1 and a1"),
    ({"s.csv": sales(*USUAL), "again.csv": sales(*USUAL)},
     "s.csv is not used: each of its 28 lines is in again.csv too"),
    ({"a.csv": sales(*USUAL[:20]), "b.csv": sales(*USUAL[10:])}, "a.csv and b.csv share 10 equal lines, of 20 and 18"),
    ({"s.xlsx": workbook({"Sales": TABLE, "Copy": TABLE}, hidden="Copy")}, "s.xlsx: the hidden sheet Copy is not used"),
    ({"s.csv": sales(*USUAL, "a1,2071-01-05,1,2.00")},
     "1 of 29 lines are dated up to 2071-01-05, 19,335 days after all others (2018-01-28)"),
    ({"s.csv": sales(*USUAL, "a1,1999-01-05,1,2.00")}, "dated up to 1999-01-05"),
    ({"s.csv": sales(*USUAL, "a1,2018-01-05,-1,-2.00", "a1,2018-01-05,1,-2.00")},
     "values below zero are taken for returns (1 of quantity, 2 of amount)"),
    ({"s.csv": sales(*USUAL, "a1,2018-01-05,1,-2.00")}, "in 1 lines only one of quantity and amount is below zero"),
    ({"s.csv": sales(*USUAL, "a1,2018-01-05,1,gratis")}, "1 of 29 values of amount are no numbers, such as gratis"),
    ({"s.csv": sales(*USUAL, "a1,soon,1,2.00")}, "1 of 29 values of purchase_date are no likely moments, such as soon"),
    ({"s.csv": sales(*(f"a{n % 12},2018-01-{n:02d},1,1.{n:02d}5" for n in range(10, 29)))},
     "all points in amount stand before three digits"),
    *(({"s.csv": lines("card_id;date;amount", [f"a{n};2018-01-{n};{text}" for n in range(10, 29)
                       for text in (before + many + after, before + "990" + after)])},
       f"all points in amount stand before three digits, and {before}{many}{after} is taken for decimals")
      for before, many, after in (("$", "12.490", ""), ("", "21.534", " Ft"), ("", "1.250", " €"))),
    ({"s.csv": lines("card_id;date;qty;amount", [f"a{n};2018-01-{n};{n % 3 + 1},500;2.50" for n in range(10, 29)])},
     "quantity: all commas in qty stand before three digits, and 3,500 is taken for thousands: if they mark decimals"),
    ({"s.csv": sales(*USUAL, *(f"7,2018-02-{n % 28 + 1:02d},1,2.00" for n in range(200)),
                     *(f"b{n},2018-01-01,1,2.00" for n in range(20)))}, "7 is in 200 of 248 lines"),
    ({"s.csv": sales(*USUAL), "p.csv": lines("card_id,gender", ["a1,F", "a2,M"])},
     "p.csv knows 2 of the 4 customers of the sales lines: taken as what is known of them"),
    ({"s.csv": sales(*USUAL), "p.csv": lines("card_id,registered_at", ["a1,2018-01-20", "a2,2017-01-01"])},
     "2 of the 4 customers of the sales lines are in p.csv; the lines of the others count as those of unregistered"),
    ({"s.csv": sales(*USUAL), "p.csv": lines("card_id,registered_at", ["a1,2018-01-20", "a2,2017-01-01"])},
     "1 of 2 members bought before the moment of registered_at"),
    ({"s.csv": lines("card_id,order_id,date,total_amount,product",
                     [f"a,{n // 2},2018-01-01,{10 + n // 2}.00,p{n}" for n in range(12)])},
     "total_amount is the same in each line of 6 of 6 orders with several lines: is it that of the whole order?"),
    ({"s.csv": lines("card_id,purchase_date,amount", [f"a,2018-0{n}-01 10:00:00{zone},1.5"
                     for n, zone in ((1, "+0000"), (7, "+0100"))] * 3)}, "Europe/London is a guess"),
    ({"s.csv": lines("konto,soll/haben,datum,betrag", ["a,S,2018-01-01,1.5", "a,H,2018-01-02,1.5"] * 3)},
     "soll/haben has H (3 lines), S (3 lines)"),
    ({"s.csv": "karte;datum;betrag\nMüller;01.02.2018;1,5\nÖzil;13.02.2018;2,5".encode("cp1252")},
     "encoding of s.csv: neither utf-8 nor gb18030; cp1252 is a guess"),
    ({"s.csv": sales(*USUAL), "x.csv": lines("zip,lat", ["1,2"])}, "x.csv is not used: no key to join it by was found"),
    ({"s.csv": lines("card_id,amount", ["a,1.5", "b,2.5"])}, "No column looks like purchased_at: fill it in"),
    ({"s.csv": lines("card_id,purchase_date,amount", [f"a{n},平成30年1月2日,1.5" for n in range(9)])},
     "purchased_at (purchase_date has the name, but values such as 平成30年1月2日 are not understood as a moment)"),
    ({"s.csv": lines("user_id,event_time,price,event_type", [f"{n % 9},2018-01-01,{n}.5,{kind}"
                     for n, kind in enumerate(["view", "cart", "purchase"] * 4)])},
     "cart (4 lines), view (4 lines) in event_type are taken for no sales; purchase (4) count"),
    ({"s.csv": lines("user_id,date,amount,{status", [f"{n % 9},2018-01-01,{n}.5,{kind}"
                     for n, kind in enumerate(["paid {cash", "void {0}"] * 6)])},
     "void {0} (6 lines) in {status are taken for no sales; paid {cash (6) count"),
    ({"s.csv": lines("user_id,date,amount,action", [f"{n % 9},2018-01-01,{n}.5,{n % 2 + 1}" for n in range(12)])},
     "action has 1 (6 lines), 2 (6 lines); all are taken for sales"),
    *(({"s.csv": lines(f"card_id,date,amount,{name}", [f"a{n % 9},2018-01-{n},{n}.5,{back if n % 4 == 0 else sold}"
                                                       for n in range(10, 29)])},
       f"cancelled: {back} (5 lines) in {name} are taken for no sales; {f'{sold} (14) count' if sold else '14 lines'}")
      for name, back, sold in (("type", "Return", "Sale"), ("Vorgang", "Retoure", "Verkauf"),
                               ("Type", "Avoir", "Vente"), ("Belegart", "Gutschrift", "Rechnung"),
                               ("Is Return", "True", "False"), ("Retoure", "x", ""), ("Zeilentyp", "Summe", "Artikel"),
                               ("Kind", "Payment", "Item"))),
    ({"s.csv": lines("card_id,date,amount,kind", [f"a{n % 9},2018-01-{n},{n}.5,{'Rtn' if n % 4 == 0 else 'Sale'}"
                                                  for n in range(10, 29)])},
     "cancelled: kind has Sale (14 lines), Rtn (5 lines); all are taken for sales"),
    ({"s.csv": lines("card_id,date,amount,Type,Void", [f"a{n % 9},2018-01-{n},{kind},{'yes' if n == 11 else ''}"
                                                       for n in range(10, 29)
                                                       for kind in ["-1.5,Return" if n % 4 == 0 else "1.5,Sale"]])},
     "cancelled: yes (1 lines) in Void are taken for no sales; 18 lines have none; what is below zero stays a return"),
    ({"s.csv": lines("card_id,order_id,date,price", [f"a{n % 4},{n},2018-01-01,{n}.5" for n in range(28)]),
      "paid.csv": lines("order_id,way", [f"{n},cash" for n in range(28)]),
      "orders.csv": lines("order_id,customer_since", [f"{n},2018-01-01" for n in range(28)])},
     "paid.csv is not used: none of its columns has a place"),
    ({"s.csv": lines("card no,date,amount", [f"a{n % 9},2018-01-{n},{n}.5" for n in range(10, 29)]),
      "people.csv": lines("card no,city", [f"a{n},Rome" for n in range(7)])},
     "people.csv is not used: none of its columns has a place; if who is not on it is no member, name it"),
    ({"s.csv": lines("Invoice ID,Customer type,Date,Total", [f"{n},Member,2018-01-{n},{n}.5" for n in range(10, 29)])},
     "No column looks like card_id"),
    ({"s.csv": lines("Store,Date,Sales,Customers", [f"{n},2018-01-{n},{n}.5,{n + 400}" for n in range(10, 29)] * 3)},
     "No column looks like card_id"),
    ({"s.csv": lines("card_id,date,qty,amount", [f"a,2018-01-{n},{n} pcs,1.5" for n in range(10, 29)])},
     "quantity: qty has the name, but values such as 10 pcs are not understood as a number"),
    ({"s.csv": lines("card_id,date,amount", [f"a,2018-01-{n},gratis" for n in range(10, 29)])},
     "No column looks like amount (amount has the name, but values such as gratis are not understood as a number)"),
    ({"s.csv": lines("card_id,date,amount", [f"a,2018-01-{n},{'1.50' if n % 5 else '#REF!'}" for n in range(10, 29)])},
     "(amount has the name, but values such as #REF! are not understood as a number, 4 of 19)"),
    ({"s.csv": lines("card_id,date,amount", [f"a,{'#####' if n % 3 else '2018-01-01'},1.5" for n in range(30)])},
     "(date has the name, but values such as ##### are not understood as a moment, 20 of 30)"),
    ({"s1.csv": sales(*USUAL), "s2.csv": lines("card_id,purchase_date,amount", ["b1,2018-02-01,2.50"] * 2)},
     "s2.csv is not used: it has no quantity, as s1.csv has; where both hold sales of their own, list both in files"),
    *(({"s.csv": lines("receipt_no,amount", [f"{n % 8},1.50" for n in range(60)]),
        "r.csv": lines("receipt_no,customer_no,date", [f"{n % 8},a{n % 7},2018-01-01" for n in range(32)])}, doubt)
      for doubt in ("card_id (customer_no has the name, but r.csv is not used)",
                    "(date has the name, but r.csv is not used)",
                    "no key to join it by was found (receipt_no is in both, but 32 rows have only 8 values of it)")),
    ({"s.xlsx": workbook({"S": [["card_id", "date", "amount"], *[["a", f"2018-01-{n}"] for n in range(10, 29)]]})},
     "No column looks like amount (amount has the name, but no value; formulas have none"),
    ({"s.csv": lines("card_id,date,Debit,Credit", [f"a{n},2018-01-{n},{f'{n}.5,' if n % 4 else f',{n}.5'}"
                                                   for n in range(10, 29)])},
     "amount: 5 of 19 lines have no Debit (but Credit); such lines are rejected"),
    ({"s.csv": lines("card_id,date,amount", [*(f"a,{'' if n % 2 else '2018-01-01'},1.5" for n in range(9))])},
     "purchased_at: 4 of 9 lines have no date; such lines are rejected"),
    ({"s.csv": lines("card_id,date,amount,date", ["a,2018-01-01,1.5,2018-02-01"] * 3)},
     "There are several columns called date in s.csv, and"),
    ({f"s{n}.csv": f"karte;datum;betrag\nMüller;0{n}.02.2018;1,5\nÖzil;13.02.2018;{n},5".encode("cp1252")
      for n in range(1, 5)}, "encoding of s1.csv and 3 more: neither utf-8 nor gb18030; cp1252 is a guess"),
    ({f"{name}.csv": sales(*USUAL[start:][:15]) for start, name in enumerate("abc")},
     "a.csv and b.csv share 14 equal lines, of 15 and 15 (and 2 more pairs of files share lines): do they overlap?"),
    ({f"{name}.xlsx": workbook({"S": TABLE, "Copy": TABLE}, hidden="Copy") for name in "ab"},
     "a.xlsx and 1 more: the hidden sheet Copy is not used"),
    ({"s.csv": sales(*USUAL, "Anzahl Kunden: 700,,,"), "t.csv": sales("b1,2018-03-01,1,2.00", "Total,,9,99.00")},
     "s.csv ends with a row that seems to sum up the others, 'Anzahl Kunden: 700' (and 1 more such rows)"),
    ({"s.csv": sales(*USUAL, "合计金额,,,406.00")}, "seems to sum up the others, '合计金额 406.00': it is left out"),
    ({"s.csv": sales(*USUAL, "28 customers")},
     "Lines of s.csv that cannot be read: 1, such as line 30 of s.csv (too few columns: '28 customers')"),
    ({"s.csv": lines("card_id,purchase_date,quantity,amount,colour,remark", [f"{row},red,x" for row in USUAL]),
      "p.csv": lines("card_id,gender,shoe", [f"a{n},F,{n}" for n in range(4)])},
     "p.csv: columns that are not used: shoe."),
    ({"s.csv": lines("card_id,purchase_date,quantity,amount,colour,remark", [f"{row},red,x" for row in USUAL])},
     "s.csv: columns that are not used: colour, remark."),
    ({"s.csv": lines("card_id,date,amount", [f"a,{f'2018-{n:02d}-01' if n < 13 else f'{n}/01/2018'},1.5"
                                             for n in range(1, 29)])},
     "12 values of date are dates, none after the 12th of a month, and 16 are texts such as 13/01/2018"),
    ({"s.csv": sales(*USUAL, "Guest,2018-01-05,1,2.00", "0,2018-01-05,1,2.00")},
     "card_id: card_id has 0 (1 lines), Guest (1 lines): if that stands for customers without a card"),
    ({"s.csv": lines("card_id,date,sku,qty,price", [f"a,2018-01-{n},p{n % 6},{n % 4 + 1},{(n % 6 + 1) * (n % 4 + 1)}"
                                                    for n in range(10, 29)] * 2)},
     "amount: price grows with qty in 6 of 6 values of sku, so it is that of the line"),
    ({"s.csv": lines("card_id,date,sku,qty,Gross Price", [f"a,2018-01-{n},p{n % 2},{n % 4 + 1},{n}.5"
                                                          for n in range(10, 29)])},
     "amount: qty * Gross Price is taken, but too few products are sold in several quantities"),
    ({"s.csv": lines("card_id,date,Tax amount,Discount,Fee,Shelf",
                     [f"a{n},2018-01-{n},{n},3,1.{n},7" for n in range(10, 29)])},
     "amount: no column is known to hold one; each of the 19 lines counts as 1, though Tax amount, Fee may be it"),
    ({"a.csv": sales(*USUAL), "b.csv": lines("title", ["card_id;purchase_date;quantity;amount", "a1;2018-02-01;1;2"])},
     "b.csv is not used: it has the columns of a.csv, but is written in another way"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "doubt"), DOUBTS, ids=[doubt[:40] for _, doubt in DOUBTS])
def test_what_is_unsure_is_said_with_its_count(files: Files, doubt: str, tmp_path: Path) -> None:
    _, doubts = proposed(files, tmp_path)
    assert any(doubt in text for text in doubts), doubts


def test_clear_files_leave_no_doubt(tmp_path: Path) -> None:
    assert proposed({"s.csv": sales(*USUAL)}, tmp_path)[1] == []


@pytest.mark.parametrize(
    ("amounts", "decimal"),
    [
        (["1,234.50", "2,000.00"], None),
        (["1,234,567", "2,000", "35,000"], None),
        (["1,250", "980", "12,400"], None),
        (["12,5", "1,250"], ","),
        (["1.234,50 €", "2.000,00 €"], ","),
    ],
)
def test_a_mark_that_values_tell_leaves_no_doubt(amounts: list[str], decimal: str | None, tmp_path: Path) -> None:
    rows = [f"a{n % 4};2018-01-{n:02d};2,000;{amount}" for n in range(1, 29) for amount in amounts]
    content, doubts = proposed({"s.csv": lines("card_id;purchase_date;points;amount", rows)}, tmp_path)
    assert content["sales_lines"].get("decimal") == decimal
    assert not any("amount: all" in doubt for doubt in doubts)


def test_a_row_that_sums_up_others_decides_nothing(tmp_path: Path) -> None:
    _, doubts = proposed({"s.csv": sales(*USUAL[:3], "Total,,3,6.00")}, tmp_path)
    assert len(doubts) == 1
    (tmp_path / "raw" / "~$s.csv").write_bytes(b"of an open file")
    assert propose([tmp_path / "raw"], tmp_path / "raw")[1] == doubts
    assert "s.csv # 3 rows" in (tmp_path / "shop.yml").read_text(encoding="utf-8")


def test_last_rows_with_gaps_of_their_own_stay(tmp_path: Path) -> None:
    rows = [f"a{n % 4},2018-01-{n:02d},1,{n}.50,{'' if n % 3 else 'red'}" for n in range(1, 29)]
    proposed({"s.csv": lines("card_id,purchase_date,quantity,amount,colour", rows)}, tmp_path)
    assert "s.csv # 28 rows" in (tmp_path / "shop.yml").read_text(encoding="utf-8")


def test_names_of_products_are_no_visits_and_a_channel_is_no_number_of_pieces(tmp_path: Path) -> None:
    rows = [f"a{n % 4},2018-01-{n:02d},{n}.50,{n % 2 + 1},{'cart' if n % 2 else 'view'}" for n in range(1, 29)]
    content, doubts = proposed(
        {"s.csv": lines("card_id,purchase_date,price,sales_channel_id,product_name", rows)}, tmp_path
    )
    assert content["sales_lines"]["columns"]["amount"] == "price"
    assert not {"quantity", "cancelled"} & {*content["sales_lines"], *content["sales_lines"]["columns"]}
    assert [doubt for doubt in doubts if "sales_channel_id" in doubt] == [
        "s.csv: columns that are not used: sales_channel_id."
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Amount incl. VAT", "Total incl. tax", "Betrag inkl. MwSt", "Umsatz brutto inkl. MwSt", "Amount (tax included)",
        "Net amount after discount", "实付金额(优惠后)", "Total Amount Due", "Turnover incl. VAT",
        "Montant hors TVA", "売上金額(税込)",
    ],
)  # fmt: skip
def test_an_amount_with_or_without_tax_is_an_amount(name: str, tmp_path: Path) -> None:
    rows = [f"a{n % 4},2018-01-{n:02d},{n}.50,0.50,1.00,2.00" for n in range(1, 29)]
    content, doubts = proposed(
        {"s.csv": lines(f"card_id,date,{name},VAT included,Total tax,Discount after tax", rows)}, tmp_path
    )
    assert content["sales_lines"]["columns"]["amount"] == name
    assert not any(doubt.startswith("No column looks like") for doubt in doubts)


def test_customers_who_return_and_ways_to_pay_are_no_returns(tmp_path: Path) -> None:
    rows = [f"a{n % 4},2018-01-{n:02d},{n}.50,{'yes,Returning' if n % 3 else 'no,New'},{'Payment' if n % 2 else 'Cash'}"
            for n in range(1, 29)]  # fmt: skip
    header = "card_id,purchase_date,amount,Returning Customer,Customer Kind,Way"
    content, doubts = proposed({"s.csv": lines(header, rows)}, tmp_path)
    assert "cancelled" not in content["sales_lines"]
    assert not any(doubt.startswith("cancelled: yes") for doubt in doubts)


def test_what_is_known_of_some_customers_makes_nobody_a_stranger(classifier: Classifier, tmp_path: Path) -> None:
    content, _ = proposed({"s.csv": sales(*USUAL), "p.csv": lines("card_id,gender", ["a1,F", "a2,M"])}, tmp_path)
    assert content["members"]["joins"] == [{"files": "p.csv", "key": "card_id", "columns": {"gender": "gender"}}]
    classifier.classify(tmp_path / "raw", str(tmp_path / "shop.yml"))
    assert classifier.query("select count(*), count(gender) from marts.member_rows where reason is null") == [(4, 2)]
    assert classifier.query("select count(*) from marts.sales_lines where reason is null") == [(28,)]


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["sales-05.csv", "sales-06.csv"], "sales-*.csv"),
        (["sales-05.csv", "sales-06.csv", "sales-0x.csv"], ["sales-05.csv", "sales-06.csv"]),
        (["May.csv", "June.csv"], ["June.csv", "May.csv"]),
        (["sales [1].csv", "sales [2].csv"], ["sales [1].csv", "sales [2].csv"]),
    ],
)
def test_a_pattern_that_only_these_files_fit_is_proposed(names: list[str], files: object, tmp_path: Path) -> None:
    made = {
        name: lines("id", ["1"]) if "x" in name else sales(*USUAL[9 * number :][:9])
        for number, name in enumerate(names)
    }
    assert proposed(made, tmp_path)[0]["sales_lines"]["files"] == files


def test_a_workbook_beside_a_csv_of_the_same_columns_is_one_table(classifier: Classifier, tmp_path: Path) -> None:
    content, _ = proposed({"a.csv": sales(*USUAL), "b.xlsx": workbook({"Sales": TABLE})}, tmp_path)
    assert content["sales_lines"]["files"] == ["a.csv", "b.xlsx"]
    classifier.classify(tmp_path / "raw", str(tmp_path / "shop.yml"))
    assert classifier.query("select count(*) from marts.sales_lines where reason is null") == [(29,)]


def test_files_of_which_a_later_one_has_one_more_column_are_taken_together(
    classifier: Classifier, tmp_path: Path
) -> None:
    header = "amount,card_id,channel,quantity,purchase_date"
    later = [f"{n}.50,a{n % 4},web,1,2018-02-{n:02d}" for n in range(1, 29)]
    content, doubts = proposed({"s1.csv": sales(*USUAL), "s2.csv": lines(header, later)}, tmp_path)
    assert content["sales_lines"]["files"] == "s*.csv"
    assert doubts == ["s1.csv and s2.csv are taken together without channel, which only some of them have."]
    classifier.classify(tmp_path / "raw", str(tmp_path / "shop.yml"))
    query = "select count(*), count(distinct card_id), sum(amount) from marts.sales_lines where reason is null"
    assert classifier.query(query) == [(56, 4, 840)]


@pytest.mark.parametrize("receipt", ["receipt_no", "remark"])
def test_files_overlap_whose_lines_differ_in_a_running_number(
    receipt: str, classifier: Classifier, tmp_path: Path
) -> None:
    header = f"No.,card_id,purchase_date,{receipt},amount"
    rows = [f"a{n % 4},2018-01-{n:02d},R{n},{n}.50" for n in range(1, 29)]
    files = {
        f"{name}.csv": lines(header, [f"{number},{row}" for number, row in enumerate(rows[start:][:20])])
        for name, start in (("a", 0), ("b", 8))
    }
    content, doubts = proposed(files, tmp_path)
    has_receipts = receipt == "receipt_no"
    assert content["sales_lines"].get("overlapping", False) == has_receipts
    assert has_receipts == any(
        "share 12 equal lines in all columns with a place, of 12 and 12 on the days of both" in doubt
        for doubt in doubts
    )
    classifier.classify(tmp_path / "raw", str(tmp_path / "shop.yml"))
    query = "select count(*) from marts.sales_lines where reason is null"
    assert classifier.query(query) == [(28 if has_receipts else 40,)]


def test_files_that_repeat_the_others_are_not_taken_with_them(tmp_path: Path) -> None:
    goods = [f"a{n % 4},2018-01-{n:02d},{n},{price}.50,{price}" for n in range(1, 29) for price in (1, 2)]
    receipts = [f"a{n % 4},2018-01-{n:02d},{n},4.00" for n in range(1, 29)]
    header = "card_id,purchase_date,receipt_no,amount"
    content, _ = proposed({"a.csv": lines(f"{header},line", goods), "b.csv": lines(header, receipts)}, tmp_path)
    assert content["sales_lines"]["files"] == "a.csv"


def test_a_currency_of_each_line_lands(classifier: Classifier, tmp_path: Path) -> None:
    rows = [f"a{n % 4},2018-01-{n:02d},{n}.50,{'EUR' if n % 4 else 'usd'}" for n in range(1, 29)]
    content, _ = proposed({"s.csv": lines("card_id,date,amount,Currency", rows)}, tmp_path)
    assert content["sales_lines"]["columns"]["currency"] == "Currency"
    classifier.classify(tmp_path / "raw", str(tmp_path / "shop.yml"))
    query = "select currency, count(*) from work.staging.stg_sales_lines group by all order by all"
    assert classifier.query(query) == [("EUR", 21), ("USD", 7)]
    reasons = "select currency, reason, count(*) from marts.sales_lines group by all order by all"
    assert classifier.query(reasons) == [("EUR", None, 21), ("USD", None, 7)]
    (tmp_path / "shop.yml").write_text(yaml.safe_dump({"currency": "EUR", **content}), encoding="utf-8")
    classifier.classify(tmp_path / "raw", str(tmp_path / "shop.yml"))
    assert classifier.query(reasons) == [("EUR", None, 21), ("USD", "other_currency", 7)]


@pytest.mark.parametrize("time", ["", " 10:00"])
def test_receipts_of_a_day_without_times_are_orders(time: str, tmp_path: Path) -> None:
    rows = [f"a{n % 4},2018-01-{n:02d}{time},{n}{copy},1.50" for n in range(1, 29) for copy in (1, 1, 2)]
    content, doubts = proposed({"s.csv": lines("card_id,date,receipt_no,amount", rows)}, tmp_path)
    assert (content["sales_lines"].get("orders") == "receipt") == (time == "")
    assert any(
        "on 28 of 28 days of a customer there are several values of receipt_no" in doubt for doubt in doubts
    ) == (time == "")


def test_what_counts_from_1970_is_of_the_clock_of_utc(classifier: Classifier, tmp_path: Path) -> None:
    rows = [f"a{n % 4},{1_514_700_000 + n * 86_400},{n}.50" for n in range(1, 29)]
    content, doubts = proposed({"s.csv": lines("card_id,ts,amount", rows)}, tmp_path)
    assert (content["time_zone"], content["sales_lines"]["recorded_time_zone"]) == ("UTC", "UTC")
    assert any(doubt.startswith("time_zone: ts counts from 1970") for doubt in doubts)
    shop = tmp_path / "shop.yml"
    shop.write_text(
        shop.read_text(encoding="utf-8").replace("time_zone: UTC", "time_zone: Asia/Shanghai", 1), encoding="utf-8"
    )
    classifier.classify(tmp_path / "raw", str(shop))
    assert classifier.query("select min(purchased_at)::varchar from marts.sales_lines") == [("2018-01-01 14:00:00",)]


def test_the_range_of_dates_is_that_of_all_rows(tmp_path: Path) -> None:
    rows = [*(f"a{n % 4},2018-01-{n % 28 + 1:02d},1,2.00" for n in range(120_000)), "a1,2018-03-31,1,2.00"]
    (tmp_path / "s.csv").write_bytes(sales(*rows))
    assert "2018-01-01 00:00:00 to 2018-03-31 00:00:00" in propose([tmp_path / "s.csv"], tmp_path)[0]


@pytest.mark.parametrize(
    ("moment", "read"),
    [
        ("2018-01-02 10:11:12 +0800", "2018-01-02 10:11:12"),
        ("Jan 2, 2018", "2018-01-02 00:00:00"),
        ("31/01/2018", "2018-01-31 00:00:00"),
        ("2018年1月2日", "2018-01-02 00:00:00"),
        ("2018-01-02T10:11:12Z", "2018-01-02 10:11:12"),
        ("43102.5", "2018-01-02 12:00:00"),
        ("Jan  2 2018  3:04PM", "2018-01-02 15:04:00"),
        ("02JAN2018:15:04:05", "2018-01-02 15:04:05"),
        ("201801021504", "2018-01-02 15:04:00"),
        ("2018.01.02 15.04", "2018-01-02 15:04:00"),
        ("Jan-02-2018", "2018-01-02 00:00:00"),
    ],
)
def test_dates_of_usual_exports_are_found(moment: str, read: str, tmp_path: Path) -> None:
    content, _ = proposed({"s.csv": lines("card_id|purchase_date|amount", [f"a|{moment}|1.5"] * 3)}, tmp_path)
    assert content["sales_lines"]["columns"]["purchased_at"] == "purchase_date"
    assert f"purchase_date # {read} to {read}" in (tmp_path / "shop.yml").read_text(encoding="utf-8")


YEARS_FIRST = [f"23/0{month}/{day:02d}" for month in range(1, 10) for day in range(1, 29, 3)]
MONTHLY = [f"15/{month:02d}/{year}" for year in (20, 21) for month in range(1, 13)]


@pytest.mark.parametrize(
    ("days", "form", "is_sure"),
    [
        (YEARS_FIRST, "%y/%m/%d", True),
        (YEARS_FIRST[::-1], "%y/%m/%d", True),
        ([day.replace("/", "-") for day in YEARS_FIRST], "%y-%m-%d", True),
        ([day.replace("/", ".") for day in YEARS_FIRST], "%y.%m.%d", True),
        (["23/01/03", "23/02/04", "23/01/05", "23/02/02"], "%d/%m/%y", False),
        ([f"{day[6:]}/{day[3:5]}/23" for day in YEARS_FIRST], "%d/%m/%y", True),
        ([f"{day[6:]}-{day[3:5]}-23" for day in YEARS_FIRST], "%d-%m-%y", True),
        (MONTHLY, "%d/%m/%y", True),
        (["01/13/23", "02/14/23", "03/15/23"], "%m/%d/%y", True),
    ],
)
def test_the_order_of_a_day_with_two_digits_for_the_year_is_that_of_likely_days(
    days: list[str], form: str, is_sure: bool, tmp_path: Path
) -> None:
    content, doubts = proposed({"s.csv": lines("card_id,date,amount", [f"a,{day},1.5" for day in days])}, tmp_path)
    assert content["sales_lines"]["date_format"] == {"purchased_at": form}
    assert is_sure != any("can be read as %d/%m/%y (" in doubt and "as %y/%m/%d (" in doubt for doubt in doubts)


def test_the_order_of_days_needs_no_file_in_order(tmp_path: Path) -> None:
    days = [f"23/0{month}/{day:02d}" for day in range(1, 29) for month in (5, 2, 9)]
    content, doubts = proposed({"s.csv": lines("card_id,date,amount", [f"a,{day},1.5" for day in days])}, tmp_path)
    assert (content["sales_lines"]["date_format"], doubts) == ({"purchased_at": "%y/%m/%d"}, [])


@pytest.mark.parametrize(
    "name", ["a, b: c", "Void?", "no", "2018", "#1", 'it\'s "x"', "{x}", "客户,号", "- x", "1e3", "a: #b", "*"]
)
def test_names_of_columns_and_files_are_written_so_that_they_are_read_again(name: str, tmp_path: Path) -> None:
    rows = [f"{n}.50|2018-01-{n:02d}|c{n % 12}" for n in range(10, 29)]
    content, _ = proposed({f"{name}.csv": lines(f"amount|purchase_date|{name} card_id", rows)}, tmp_path)
    assert content["sales_lines"]["files"] == f"{name}.csv"
    assert content["sales_lines"]["columns"]["card_id"] == f"{name} card_id"


@pytest.mark.slow
def test_make_takes_the_words_of_a_shell(tmp_path: Path) -> None:
    make = ["make", "-s", "-o", ".venv/.installed", f"BIN={Path(sys.executable).parent}"]
    for name in ("a b.csv", "Bob's $5.csv"):
        (tmp_path / name).write_bytes(sales(*USUAL))
    words = f"""'{tmp_path}/a b.csv' "{tmp_path}/Bob's \\$5.csv\""""
    done = subprocess.run([*make, "inspect", f"FILES={words}"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "a b.csv is not used" in done.stderr
    assert yaml.safe_load(done.stdout)["sales_lines"]["files"] == "Bob's $5.csv"


@pytest.mark.parametrize(
    ("header", "amount", "code"),
    [
        ("amount,currency", "1.5,ABC", None),
        ("amount,currency", "1.5,rmb", "CNY"),
        ("amount", "HK$ 3", "HKD"),
        ("amount", "3 zł", "PLN"),
        ("purchases,amount", "RS,3", None),
        ("お茶,amount", "x,￥3", "JPY"),
    ],
)
def test_a_currency_that_there_is_not_is_not_proposed(
    header: str, amount: str, code: str | None, tmp_path: Path
) -> None:
    content, _ = proposed(
        {"s.csv": lines(f"card_id,date,{header}", [f"a,2018-01-0{n},{amount}" for n in ORDERS])}, tmp_path
    )
    assert content.get("currency") == code
