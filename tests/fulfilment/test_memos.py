"""A memo is found again in what banks make of it; and what only looks like one is none."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fulfilment.memos import bare_codes_in, codes_in, memo_of
from app.fulfilment.vietqr import MEMO_MAX, VietQr
from app.protocol.order_codes import ORDER_CODE_SIGNS, check_sign

CODES = st.text(ORDER_CODE_SIGNS, min_size=6, max_size=6).map(lambda signs: signs + check_sign(signs))
K = "K7M2PA" + check_sign("K7M2PA")
OTHER = "22ZXCV" + check_sign("22ZXCV")
A, B = K[:3], K[3:]

# As banks and their customers write: words before and after, glued on, capitals or none, spaces where there were none and none where
# there were some, dots, line ends, the sender's name and account, and the bank's own numbers.
MANGLED = [
    f"OCOP{K}",
    f"ocop{K}".lower(),
    f"Ocop{K.capitalize()}",
    f"OCOP {K}",
    f"OCOP  {A} {B}",
    f"O C O P {' '.join(K)}",
    f"OCOP-{K}",
    f"OCOP.{K}.",
    f"OCOP_{A}_{B}",
    f"OCOP:{K}",
    f"OCOP#{K}",
    f"OCOP/{K}/",
    f"OCOP\n{K}",
    f"OCOP{A}\r\n{B}",
    f"OCOP\t{K}",
    f"OCOP\u00a0{K}",
    f"0COP{K}",
    f"OC0P{K}",
    f"{K} OCOP{K}",
    f"OCOP{K} OCOP{K}",
    f"OCOP{K}CHUYEN TIEN",
    f"OCOP{K}-CHUYEN TIEN-OQCH0001abcd",
    f"CHUYEN TIEN OCOP{K}",
    f"CHUYENTIENOCOP{K}",
    f"CT DEN:632712345678 OCOP{K}",
    f"MBVCB.3278907687.OCOP{K}.CT tu 0123499999 NGUYEN THI LAN toi 1031933430 HTX",
    f"MBVCB.3278907687.010203.OCOP{K}.CT tu 0123499999",
    f"IBFT OCOP{K}",
    f"IBFTOCOP{K}",
    f"NGUYEN THI LAN chuyen tien OCOP{K}",
    f"NGUYEN THI LAN OCOP{K}",
    f"Nguyễn Thị Lan chuyển khoản ocop{K}",
    f"LAN TRA TIEN BUOI OCOP {K} FT26327123456789",
    f"OCOP{K} FT26327123456789",
    f"OCOP{K}FT26327123456789",
    f"FT26327123456789OCOP{K}",
    f"REM              Tfr A/c: 0123499999  B/O NGUYEN THI LAN-OCOP{K}-",
    f"020097042212345678901234567890.OCOP{K}",
    f"Thanh toan QR OCOP{K}",
    f"Thanh toan QR-OCOP{K}-VietQR",
    f"QR - OCOP{K}",
    f"VQR OCOP{K} thanh toan",
    f"ZP6TVT8J5K2L 261128012345678 OCOP{K}",
    f"MOMO-CASHOUT-0912345678-OCOP{K}",
    f"TKThe :0123499999, tai Vietcombank. OCOP{K} -CTLNHIDI000009012345678-1/1-CRE-002",
    f"OCOP{K} ;0123499999;NGUYEN THI LAN",
    f"OCOP{K} GD 123456-112826 13:52:01",
    f"Trace 123456 OCOP{K} ATM_IBFT",
    f"HTX NONG SAN OCOP HUONG SON OCOP{K}",
    f"hang OCOP, don OCOP{K}",
    f"OCOPOCOP{K}",
    f"mua 2 hu mat ong OCOP{K} giao truoc tet",
    f"Đơn OCOP{K}",
    f"ĐƠN HÀNG OCOP {A}-{B}",
    f"don hang (OCOP{K})",
    f"[OCOP{K}]",
    f'"OCOP{K}"',
    f"OCOP{K}." + " chuyen nhanh 24/7 den 970436 1031933430",
    f"BO NGUYEN THI LAN, OCOP{K}, DEN HTX",
    f"*OCOP{K}*",
    f"ocop {K[:1]} {K[1:2]} {K[2:]}".lower(),
    f"Ck OCOP{K} lan 2",
]

NO_ORDERS = [
    "",
    " ",
    "chuyen tien",
    "mua hang OCOP",
    "OCOP Ha Tinh 4 sao",
    "cho phien OCOP huong son thang 11",
    f"OCOP{K[:-1]}",
    f"OCOP{K[:-1]}{ORDER_CODE_SIGNS[(ORDER_CODE_SIGNS.index(K[-1]) + 1) % 31]}",
    f"OCOP{K[1]}{K[0]}{K[2:]}",
    f"{K[0]}OCOP{K[1:]}",
    f"COP{K}",
    "OCOP2222223",
    "OCOP0000000",
    "x" * 10_000,
    "\0" * 50,
    "🐝" * 300,
]


def test_the_corpus_has_sixty_texts() -> None:
    assert len(MANGLED) >= 60
    assert len(set(MANGLED)) == len(MANGLED)


@pytest.mark.parametrize("text", MANGLED)
def test_a_memo_is_found_in_what_a_bank_makes_of_it(text: str) -> None:
    assert codes_in(text) == [K]


@pytest.mark.parametrize("text", NO_ORDERS)
def test_what_only_looks_like_a_memo_names_no_order(text: str) -> None:
    assert codes_in(text) == []


def test_a_text_may_name_two_orders() -> None:
    assert codes_in(f"OCOP{K} va OCOP{OTHER}") == [K, OTHER]


def test_a_code_without_its_mark_counts_as_a_word_of_its_own_alone() -> None:
    assert bare_codes_in(f"tra don {K.lower()} nhe") == [K]
    assert bare_codes_in(f"FT{K}99") == []


@given(CODES)
def test_a_memo_fits_a_code_and_is_found(code: str) -> None:
    memo = memo_of(code)

    assert len(memo) <= MEMO_MAX
    assert memo.isascii()
    assert VietQr("970436", "1031933430", 1_000, memo).memo == memo
    assert codes_in(memo) == [code]


@given(CODES, st.text(string.digits + " .-/:;,", max_size=30), st.text(string.digits + " .-/:;,", max_size=30), st.booleans())
def test_numbers_around_a_memo_do_not_hide_it(code: str, before: str, after: str, is_small: bool) -> None:
    text = before + memo_of(code) + after

    assert codes_in(text.lower() if is_small else text) == [code]


@given(st.text(max_size=600))
def test_any_text_is_read_without_harm(text: str) -> None:
    assert all(len(code) == 7 for code in [*codes_in(text), *bare_codes_in(text)])
