"""Words for goods that viewers ask for on OCOP markets, and words that only look like them. Without marks unless marks decide."""

from __future__ import annotations

from typing import Final

from app.questions.spelling import words_in

_SINGLE = words_in("cam buoi muc ruoc nghe nghệ che chè bun bún nhang keo kẹo nem giò chả cha mam mắm mật bưởi mực ruốc nhung banh bánh")
_PAIRS = (
    "sau rieng, ca phe, hat dieu, nem chua, hat tieu, mat mia, gao lut, gao nep, gao st, thit lon, thit bo, ga doi, trung ga, vai thieu, nhan long, "
    "ca kho, ca thu, tom kho, tom chua, mam tom, mam tep, ruou gao, ruou nep, tra sen, tra xanh, dong trung, nam linh, nam huong, mang cut, chom chom, "
    "khoai lang, mien dong, mien dao, banh chung, banh tet, banh trang, banh pia, chuoi say, mit say, cha muc, gio lua, lap xuong, thit trau, hat sen, "
    "long nhan, tao meo, tao tau, mac ca, dau phong, dau lac, yen sao, to yen, mut gung, o mai, hai san, sua chua, tinh dau"
)
# One or two words that name goods by themselves; with marks where the unmarked word is an ordinary one.
GOODS: Final = _SINGLE | frozenset(_PAIRS.split(", "))

# As the first word of a product's name, one of these is enough to name it.
HEADS: Final = GOODS | words_in(
    "gao dau tra ruou tieu mien mut nam tom ca ga trung toi hanh mat sua chuoi xoai mit hong oi nhan dua khoai lac vung tuong giam pho mi "
    "sen yen sam hat thit"
)

# After one of these a word for goods says what is inside, with what, or against what; it does not say which product is meant.
INSIDE_WORDS: Final = words_in("pha tu bang voi nhan_ ung chua them va an uong boc vo")

# Unmarked, these are ordinary words before they are goods.
ORDINARY: Final = words_in("nghe muc cha gio mam mat nuoc tinh banh cu bun nhung che hat bot hong keo ca ruou trung tom gao duong muoi")

# Places are where goods or people come from; alone they name no product.
_PLACES = (
    "ha tinh, huong son, huong khe, ky anh, ky ninh, can loc, thach ha, nghi xuan, loc ha, hong linh, cam xuyen, nghe an, ha noi, viet nam"
)
PLACES: Final = frozenset(_PLACES.split(", "))
