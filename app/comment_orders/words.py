"""The words that the grammar of comment orders knows, without marks. Where marks matter they are said beside it."""

from __future__ import annotations

import re
from typing import Final


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as a line of text."""
    return frozenset(text.split())


# Somebody wants something.
VERBS: Final = words(
    "chot lay mua dat order oder odder odr book cho giu them can muon gui ship giao xin len ban de hot vot mun chotdon chott"
)
# With other marks some of them are other words: đắt, mùa, chợ, bạn, đề.
VERB_FORMS: Final = {
    "dat": words("đặt dat đăt"), "mua": words("mua"), "cho": words("cho"), "lay": words("lấy lay láy"), "can": words("cần can"), "muon": words("muốn muon"),
    "de": words("để de"), "hot": words("hốt"), "giao": words("giao"), "ban": words("bán"), "them": words("thêm them"), "len": words("lên len"),
    "gui": words("gửi gởi gui gưi"), "chot": words("chốt chot chôt chổt"), "giu": words("giữ giu"),
}  # fmt: skip
# What goods are counted in.
UNITS: Final = words(
    "hu hop chai goi tui cai chiec con qua trai bo bich kg ky ki kilo can thung ket lon loc cap set combo phan suat lo vi day mieng bao "
    "binh cuon to tam bo doi xap xau buong nai hop banh khay ro gio bau xien vien cay bot unit pcs box chuc hop tuyp keo yen ta hux"
)
# A size of what is sold, not a count of it.
MEASURES: Final = words("g gr gram gam ml l lit cm mm m cc kcal inch phan")
# Behind a number: it is money, time, age, a share.
NOT_COUNTED: Final = words(
    "k ka kk nghin ngan tr trieu dong d vnd vnđ cu canh xu lit h gio phut giay ngay hom thang tuan nam tuoi sao lan nguoi like view mat pm am p"
)
# Before a number: it is a price, a day, a size, a place.
BEFORE_OTHERS: Final = words(
    "gia thu ngay thang luc size sz co nam so duong phuong xa quan tang phong toa ap to hem ngo ngach kiet khoi thon lop khoang gan hon sdt dt tk stk bien otp tu den toi tru giam con tong ship phi"
)
NUMBERS: Final = {
    **dict.fromkeys(("mot", "moto"), 1), "hai": 2, "ba": 3, "bon": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10,
}  # fmt: skip
# As a number these are written like this; the same letters with other marks are other words.
NUMBER_FORMS: Final = {
    1: words("một mot"), 2: words("hai"), 3: words("ba"), 4: words("bốn bon"), 5: words("năm"), 6: words("sáu"), 7: words("bảy bẩy"),
    8: words("tám"), 9: words("chín"), 10: words("mười muoi"),
}  # fmt: skip
# Between a code and its quantity these say nothing.
FILLERS: Final = words(
    "a ah ak oi nha nhe nhen nghen nhaa shop sop em e minh mk mik m chi c anh ad add admin ban tui toi voi vs va di nao luon nua ne day da ok oke okie okela "
    "cua la thi ma so sp san pham loai hang nay do ha kia u um ui hi hihi haha host mc don nhanh gap lien ngay please pls thanks cam on giup dum gium ho "
    "cho ve nhan dia chi theo nhu cu tiep thoi chau co chu bac dc sdt dt sl luong x them kem cung mau size of for me mix tang x xin get take want one i mọi thay ghi don hang"
)
# Names that people give to other things than goods of a run-down.
OTHER_NAMES: Final = words(
    "vitamin vit giay kho khu phong toa lau tang block lo xe bang lai trinh duong quoc tinh ql omega nhom mau kenh ban hsk toeic ghe cong san"
)

_NO: Final = r"(?:khong|ko|(?<![0-9] )kg?|kh|hong|hok|hem|hk|hon|hum|khum|khg)"
# The text that these read has `@@` for every code.
_CODES: Final = r"(?:@@ )*"
_WANT: Final = r"(?:lay|mua|chot|dat|can|order|oder|muon|ham|thich|nhan)"
# Whoever says this is asking.
QUESTION: Final = re.compile(
    rf"\?|\b(?:bao nhieu|bnhieu|bnhiu|bao nhiu|nhiu|bn|may tien|may xu|may nghin|gia sao|gia the|gia nhieu|nhieu tien|gia ca|xin gia|ib gia|bao gia"
    rf"|con {_CODES}(?:hang |size |mau )?{_NO}|con hang a|co con|con chua|gi|the nao|nhu nao|nhu the|ntn|khac gi|khac nhau|khac nhu|khi nao|bao gio|luc nao|chung nao"
    rf"|o dau|sao vay|tai sao|vi sao|sao (?:shop|chi|em|a)|bao lau|cho hoi|cho em hoi|cho minh hoi|hoi (?:ti|chut|ve|gia)|tu van|phai {_NO}|dung {_NO}|hay la|hoac|may gram|may kg"
    rf"|nang may|may cai|co may|co (?:\w+ ){{0,6}}{_NO}|nao (?:ngon|tot|dep|hon|re)|cai nao|loai nao|ma nao|vay ha|ha shop|dau roi|dau shop|ai|chac|co nen|nen (?:mua|lay)|la sao)\b"
)
ENDS_ASKING: Final = re.compile(
    rf"\b(?:{_NO}|chua|ha|nhi|vay ta|nhieu)(?: (?:shop|a|ad|em|chi|c|anh|vay|z|v|nhi|ta|ha|the|ban|oi|c oi|nhi|nha|host))*$"
)
# Asked politely, and meant.
MAY_I: Final = re.compile(rf"\b(?:duoc|dc|dk|duoc chu) {_NO}\b")
# Somebody wants to look.
SHOW: Final = re.compile(
    r"\b(?:xem|gioi thieu|noi (?:lai|ve|ky|ro)|nhac lai|quay (?:lai|gan|sang)|show|mo lai|len lai|len (?:ma|hang|mau)|can canh|lai gan|ghim|zoom|cho coi|coi (?:thu|lai)|review|rv|test|mo hop|unbox)\b"
)
# Somebody does not want it, or not any more.
REFUSED: Final = re.compile(
    rf"\b(?:(?:{_NO}|dung|chua|khoi|thoi) (?:co |em |e |minh )?(?:dam )?{_WANT}|{_NO} them|huy|huy don|tra (?:lai|hang)|rut|doi y|khoi (?:lay|giao|gui|len)|thoi (?:khoi|bo|{_NO}|huy|nhe|nghi)|bot|mua ho"
    rf"|lay nham|ghi nham|chot nham|dat nham)\b"
)
# What was bought before, or may be bought later.
PAST: Final = re.compile(
    rf"\b(?:(?:da|vua|moi|tung) (?:mua|lay|chot|dat|nhan|an|dung|order|uong|duoc)|nhan (?:duoc|hang)|(?:mua|chot|lay|dat|order|nhan) (?:duoc )?{_CODES}(?:xong )?(?:roi|xong)|xong roi)\b"
)
LATER: Final = re.compile(
    r"\b(?:suy nghi|dinh mua|tinh mua|dinh lay|phan van|luong lu|can nhac|(?:de )?(?:mai|lat|toi|hom sau|lan sau|cuoi thang|luong ve) (?:nua |em |moi |minh |se |roi )*(?:mua|lay|chot|dat|ve)|khi nao co tien|neu"
    r"|hom (?:qua|truoc|bua|kia)|lan truoc|dot truoc|ky truoc|thang truoc|tuan truoc|nam ngoai|bua truoc|hoi truoc)\b"
)
# Something is wrong, compared, exchanged, or left to somebody else.
DOUBT: Final = re.compile(
    r"\b(?:bi (?:loi|vo|hu|hong|moc|be|mop|rach|thieu)|(?:doi|chuyen) (?:\w+ ){0,3}(?:@@ )?(?:sang|qua|thanh)|ben (?:kia|khac|do)|shop khac|de (?:em |minh |chi )?(?:hoi|xem|tinh)|hinh nhu|nghe noi|thay (?:\w+ )?@@)\b"
)
# Said to others, or about others.
OTHERS: Final = re.compile(
    r"\b(?:moi nguoi|ca nha|mn|mng|cac ban|cac chi|anh em|ac|nguoi ta|ho mua|ban be|hang xom|co ban|ban nao|chi nao|ai do)\b"
)
# Said of goods without wanting any: marks as written; words that are no others without marks.
OPINIONS: Final = words(
    "ngon dep xinh thich me ghien tuyet dở tệ đắt rẻ mắc chat thom ngot uy tin tot hap dan dinh xuat sac chan that vong hết het nhat qua quá yeu iu ham mo ước cute xuat 10 diem pro vip trend bao phe sieu "
    "ngonn ngon qua nhin trong giong an dung uong xai phu hop chat luong re"
)
OPINIONS_MARKED: Final = words("đắt đắc rẻ mắc dở tệ chất hết quá mê thích đẹp đỉnh")
# Without marks these say nothing; with these they do.
KEPT_MARKED: Final = words("đỏ")
MONEY: Final = words("k ka kk nghin ngan tr trieu dong d vnd cu canh xu lit")
EACH: Final = re.compile(
    r"\bmoi (?:loai|ma|thu|mon|cai|sp|san pham|em|con|mau|mot|hang)? ?(?:x ?|lay |cho \w+ )?(?P<count>\d+|mot|hai|ba|bon|muoi)\b(?! ?(?:k|nghin|ngan|d)\b)"
)
EACH_AFTER: Final = re.compile(r"\b(?P<count>\d+|mot|hai|ba|bon|muoi) (?:\w+ )?moi (?:loai|ma|thu|mon|cai|sp|san pham|em|con|mau)\b")
