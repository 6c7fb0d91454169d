"""How viewers spell: slang and what it stands for, words that look alike without marks, fillers, and phrases read as one word."""

from __future__ import annotations

import re
from typing import Final


def words_in(text: str) -> frozenset[str]:
    """The words of a list that is written as a line of text."""
    return frozenset(text.split())


# As typed, in lower case → without marks. A word with `_` at its end is another word than the one the rules mean.
SLANG: Final[dict[str, str]] = {
    **dict.fromkeys(("ko", "k", "kh", "khg", "hk", "hok", "hong", "hông", "hem", "hôn", "hơm", "hum", "khum", "hổng", "hăm", "hẻm", "hen", "kô", "kg?"), "khong"),
    "kp": "khong phai", "khôg": "khong", "khog": "khong", "khogn": "khong", "kohng": "khong",
    **dict.fromkeys(("bn", "bnh", "bnhieu", "bnhiêu", "bnhiu", "nhiu", "nhiêu", "baonhieu", "baonhiu", "bnieu", "baonhiêu", "bnhieeu", "bnhju"), "bao nhieu"),
    "nheiu": "nhieu", "nhieuu": "nhieu", "nhju": "nhieu", "nhìu": "nhieu", "nhiù": "nhieu",
    **dict.fromkeys(("dc", "đc", "đk", "dk", "dx", "đuợc", "dươc", "đươc", "đựoc"), "duoc"),
    **dict.fromkeys(("z", "v", "zậy", "zay", "dzậy", "dz", "rứa", "dợ", "zợ", "zạy", "vại", "za", "zị", "dị"), "vay"),
    **dict.fromkeys(("j", "zì", "dì"), "gi"), "gj": "gi", "r": "roi", "rùi": "roi", "rui": "roi", "ròi": "roi", "gòi": "roi",
    "h": "gio", "bh": "bao gio", "bjo": "bao gio", "jo": "gio", "chừ": "gio", "giờ": "gio", "giỏ": "gio_", "mik": "minh", "mk": "minh",
    **dict.fromkeys(("e", "iem", "êm"), "em"), **dict.fromkeys(("c", "chị", "chụy"), "chi_"), "mn": "moi nguoi", "mng": "moi nguoi", "ng": "nguoi",
    **dict.fromkeys(("ad", "admin", "adm", "sop", "shopp", "sốp", "xốp", "sốpp", "ớp", "sh"), "shop"), "s": "sao", "sa0": "sao", "răng": "sao", "mô": "dau",
    "sp": "san pham", "sdt": "so dien thoai", "sđt": "so dien thoai", "đt": "so dien thoai", "dt": "so dien thoai",
    **dict.fromkeys(("ib", "inb", "inbox", "ibox", "nt"), "nhan tin"), "rep": "tra loi", "sl": "so luong", "slg": "so luong",
    "ctv": "cong tac vien", "npp": "nha phan phoi", "hsd": "han su dung", "hdsd": "cach dung", "nsx": "ngay san xuat", "sx": "san xuat", "cty": "cong ty", "bớt": "giam", "nhà": "NHA", "ấn": "an_", "rừng": "rung", "đát": "date",
    "ck": "chuyen khoan", "stk": "so tai khoan", "tk": "tai khoan", "tt": "thanh toan", "ttoan": "thanh toan",
    **dict.fromkeys(("ntn", "tn", "nthe", "ntnao", "tnao", "nnao"), "the nao"), **dict.fromkeys(("fs", "fship", "freship", "freesip", "freeshjp"), "freeship"),
    **dict.fromkeys(("shíp", "síp", "sip", "shjp", "shipp", "ships", "shp", "shít"), "ship"), "pvc": "phi ship", "vc": "ship", "pship": "phi ship",
    **dict.fromkeys(("gr", "g", "gam", "grm", "gờ", "gờram"), "gram"), **dict.fromkeys(("kí", "ký", "ki", "ky", "kilo", "kgs", "cân"), "kg"), "cần": "can",
    "lít": "lit", "cc": "ml", "đh": "dat hang", **dict.fromkeys(("oder", "odder", "odr", "od", "ođ"), "order"), "sz": "size", "cỡ": "size", "xai": "dung", "xài": "dung",
    "km": "khuyen mai", "ctkm": "khuyen mai", "flashsale": "flash", "flas": "flash", "fls": "flash",
    "sg": "saigon", "hcm": "saigon", "tphcm": "saigon", "hn": "hanoi", "đn": "danang", "tq": "trung quoc", "vn": "viet nam",
    "attp": "an toan thuc pham", "vsattp": "an toan thuc pham", "mí": "may", "mây": "may", "quá": "qua_", "quà": "qua_tang", "wa": "qua_", "qá": "qua_",
    "nèo": "nao", "lào": "nao", "xèng": "tien", "xiền": "tien", "lúa": "tien", "vs": "voi", "đắt": "mac", "mắc": "mac", "chợ": "cho_", "chỗ": "cho_", "chờ": "cho_",
    "tươi": "tuoi", "tuổi": "tuoi_", "bầu": "bau", "sỉ": "si", "sĩ": "si", "trái": "trai", "ông": "ong_", "lọ": "lo", "lô": "lo", "mai": "mai", "tui": "tui_",
    "túi": "tui", "kho": "kho", "tếch": "tet", "giả": "gia_", "gởi": "gui", "gưi": "gui", "tớ": "to_", "tơi": "toi", "xấp": "xap", "trúng": "trung_", "lạc": "lac",
    "nhìn": "nhin", "đợi": "doi_", "đổi": "doi", "ngăn": "ngan", "ngàn": "nghin", "ngan": "ngan", "nghìn": "nghin", "cành": "nghin", "xuất": "xuat", "suất": "suat",
}  # fmt: skip

# A word spelt like another when marks are left out: only these marked forms are the one that the rules mean.
MEANT: Final[dict[str, frozenset[str]]] = {
    base: frozenset(forms.split())
    for base, forms in {
        "gia": "giá gía", "con": "còn", "han": "hạn", "het": "hết", "chua": "chưa", "co": "có", "o": "ở", "ban": "bán", "toi": "tới",
        "gui": "gửi", "phi": "phí", "tra": "trả", "nang": "nặng", "nhan": "nhận", "giay": "giấy", "mo": "mở", "dot": "đợt", "ma": "mã",
        "lau": "lâu", "noi": "nơi", "nao": "nào", "gi": "gì", "mua": "-", "lam": "làm", "an": "ăn an", "uong": "uống", "duong": "đường",
        "ngay": "ngày", "the": "thế thể", "bao": "-", "den": "đến", "ve": "về", "tien": "tiền", "loai": "loại", "le": "lẻ", "dau": "đâu",
        "dat": "đặt", "may": "mấy", "nhieu": "nhiều", "san": "sẵn sản", "cat": "cất", "dung": "dùng đựng dụng", "to": "-",
        "lon": "lớn", "nho": "nhỏ", "de": "để", "di": "đi", "cach": "cách", "tu": "từ tự tủ", "vung": "vùng", "mau": "màu mẫu", "vi": "vị",
        "lay": "lấy", "kiem": "kiểm", "chung": "chứng chừng", "sao": "-", "ai": "-", "ra": "-", "sau": "-", "cho": "-", "hop": "hộp",
        "chai": "-", "phan": "phần", "hu": "hũ", "goi": "gói", "cai": "cái", "qua": "quả", "bo": "bỏ bó", "que": "quê", "tinh": "tỉnh tính tinh",
        "khi": "-", "luc": "lúc", "nuoc": "nước", "nuong": "nướng", "be": "bé", "tre": "trẻ", "giam": "giảm", "chot": "chốt", "vao": "vào",
        "dia": "địa", "kip": "kịp", "giu": "giữ", "da": "đá", "mat": "mất mát mật", "thu": "thu thử", "luot": "lượt", "lai": "lại", "tot": "tốt",
    }.items()
}  # fmt: skip

# Unmarked in a comment that has marks elsewhere, these are most often another word: `con` is a child or an animal then.
UNMARKED_IS_OTHER: Final = frozenset({"con", "ma", "the"})

# Words that people leave in unfinished Telex; without marks.
TELEX_WORDS: Final = words_in(
    "gia bao nhieu tien con hang khong het chua han su dung den khi nao o dau ship phi giao mua dat the thanh toan chuyen khoan nhan "
    "duoc quan phan nguon goc xuat xu loai hop hu chai goi thung may ngay lau nang trong luong kich thuoc giay chung cach "
    "an uong nau si so cho hoi shop vay nhe mat ong nuoc mam muc buoi cam banh keo nghe che bun ruoc nhung huou gai vung tra lai mo "
    "co gi bn sao nay mot hai ba cai qua tui kho toi nha ve van dang thuc nguyen chat tre em bau"
)

# Left out before the rules read: they carry nothing that a rule needs.
FILLERS: Final = words_in(
    "a shop em chi chi_ anh oi vay nhi nha nhe nhen da da_ ah day do nay kia minh voi giup dum gium cho thi la hoi xin cac nguoi_ ui ne ne_ "
    "ha ban_ alo hello hi chao bac co_ chu chu_ to_ tui_ ho_ nghen long ak uh um luon o_ the_ u ai_ hihi haha khach hen thay noi_ hoi_ ti xiu "
    "cau thim bs dang cua ma_"
)

_JOINED: Final = (
    (r"hom nay|bua nay|hnay|hqua|ca nha|cac ban_|moi nguoi|vui long|lam on|mot ti|cho_ nay|em oi|hien tai|bay gio|shop oi", "a"),
    (r"gia (?:ma|ma_|nhu|dinh|tri|dung|vi|suc|truyen|ca leo|tren troi|that)|(?:tham|danh|quoc|chuyen|dong) gia", "X"),
    (r"giam gia", "GIAM"),
    (r"va", "|"),
    (r"(?:bao )+nhieu|bao nhiu|bao nieu|ba nhieu|bao nhei?u|bao nhju|bao nhu|bo nhieu|bao nhjeu", "BN"),
    (r"BN la|(?:BN|nao|gi|sao|dau|the nao|ai|khi nao|bao gio) cung(?: duoc| mua)?", "X"),
    (r"phai lam sao|phai lam the nao|nhu the nao|nhu nao|the nao|ra sao|lam sao|lam the nao|kieu gi|kieu nao|cach nao|bang cach nao|nhu sao", "HOW"),
    (r"(?:tu )?bao gio|khi nao|chung nao|luc nao|may gio|bao h|hom nao|ngay nao|gio nao|khi mo|tam nao|thoi gian nao|khoang nao|may h", "WHEN"),
    (r"(?:mat |khoang |trong )*(?:bao lau|may (?:ngay|hom|bua)|BN (?:ngay|lau|hom|bua)|lau khong)", "LONG"),
    (r"free ?ship|mien (?:phi )?(?:ship|van chuyen|cuoc|giao hang|giao)|ship (?:free|mien phi|0 dong|khong dong)|(?:giao hang|van chuyen) mien phi|bao (?:phi )?ship|freeship", "FREESHIP"),
    (r"van chuyen|giao hang|cuoc ship|gui hang|phi giao|chuyen phat", "ship"),
    (r"(?:phi|tien|cuoc|gia) (?:phi )?ship|ship phi|phi cuoc|tien cuoc|cuoc phi|ship cuoc", "PHISHIP"),
    (r"(?:khong phai|phai khong|dung khong|phai hong_|duoc khong|duoc chua|duoc hong_)", "khong"),
    (r"so dien thoai|dien thoai", "SDT"),
    (r"nhan_? tin", "IB"),
    (r"nhiet do", "NHIETDO"),
    (r"da_? day|bao tu", "DADAY"),
    (r"saigon|hanoi|danang|sai gon|ha noi|da nang|ho chi minh", "PLACE"),
    (r"han (?:su|xu|xai|sai|xu) dung|han dung|hang su dung|date|ngay san xuat|ngay sx|han sd", "HAN"),
    (r"flash sale|gia soc|gio vang|flash|deal soc|uu dai|khuyen mai|sale|deal", "FLASH"),
    (r"chat bao_? quan|hoa chat|bot ngot|mi chinh|pham mau|phu gia|chat tao ngot|chat phu gia|huong lieu|chat cam|thuoc sau|thuoc tru sau|thuoc bao quan", "ADDED"),
)  # fmt: skip
PHRASES: Final = tuple((re.compile(rf"(?<= )(?:{found})(?= )"), joined) for found, joined in _JOINED)
