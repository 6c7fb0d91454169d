"""By what each kind of question is recognised: regular expressions over the canonical line of a comment (`words.py`). Pure.

`<n>` stands for up to n words of the same thought, `^` and `$` for a thought's beginning and end, names in capitals between `%` for sets
of words. The first rule that fits takes its words away, so a kind that stands earlier is the narrower one.
"""

from __future__ import annotations

import re
from typing import Final

from app.protocol.questions import QuestionKind

_SETS: Final = {
    "NUM": r"(?:\d[\d.,]*|mot|hai|ba|bon|muoi|nua|chuc|vai)",
    "BULK": r"(?:[1-9]\d{1,3}|tram|chuc|may chuc|vai chuc|may tram|vai tram)",
    "UNIT": r"(?:hu|hop|chai|goi|tui|thung|gio_|gio|kg|qua|trai|cai|xap|chuc|lo|bich|combo|set|phan|cap|lit|nen|lang|ta|yen|mieng|cay|bo|don_|cuon|vien|mon|con|con_|gram|suat|chiec|khay|can|hat|binh|bao)",
    "INSIDE": r"(?:gram|kg|ml|lit|lang|qua|trai|cai|con|con_|mieng|vien|chiec|nen|cuon|la|hat|tep|can|lat|met|cm|tram (?:gram|ml)|gam|que|banh|goi nho)",
    "MANY": r"(?:BN|may|nhieu)",
    "YN": r"(?:khong|chua|khong a)",
    "HOW": r"(?:HOW|sao|ntn)",
    "ORDER": r"(?:mua|dat|dat hang|dat mua|chot|chot don|order|lay hang|len don|mua hang|dat don)",
    "EAT": r"(?:an|uong|dung|su dung|nau|pha|che bien|nuong|chien|ngam|lam|cham|kho|hap|ran)",
    "WHO": r"(?:be|tre|tre em|tre nho|con nit|con_ nit|bau|me bau|ba bau|nguoi|tieu duong|DADAY|huyet ap|gut|sau sinh|me sua|cho con_ bu|con_ bu|nguoi gia|ong_ ba|em be|chau|benh|con trai|nguoi lon)",
    "FLASH": r"(?:FLASH|GIAM|giam|mo lai|mo ban|mo don|mo gia|mo)",
    "PAPER": r"(?:giay|giay to|giay phep|chung nhan|chung chi|kiem dinh|kiem nghiem|kiem duyet|an toan thuc pham|atvstp|ve_? sinh|cong bo|tem|ma vach|qr|truy xuat|ocop|vietgap|haccp|iso|chuan)",
    "SIZEWORD": r"(?:to|lon|nho|bu|be_|bo_|dai|day)",
    "PLACEASK": r"(?:dau|(?:tinh|vung|que|xa|huyen|nuoc|noi|khu|lang|mien) nao)",
}  # fmt: skip

_NOTHING: Final = (
    "(?<!chot )(?<!dat )(?<!len )(?<!1 )don (?:hang )?<6>(?:WHEN|chua|sao|LONG|dau|khong|HOW)", "live", "(?:ao|dam_|non_) <4>(?:dau|gi|nao|khong|BN|dep)", "(?:BN|may) (?:tuoi_|nguoi|view|like|tim|fl|follow|luot|nick)(?! (?:an|dung|uong))",
    "(?:giao|ship|gui) (?:thieu|nham|sai|lon_|tre)", "(?:ai|so) trung_?", "ten <1>gi",
)  # fmt: skip
_RULES: Final[tuple[tuple[QuestionKind, tuple[str, ...]], ...]] = (
    (
        "ingredients",
        (
            "thanh phan <4>(?:gi|HOW|sao|khong|nao|co)", "^<1>(?:bang )?thanh phan <1>$",
            "(?:co|nhieu|it|them|bo|dung) <2>(?:duong|ADDED|gluten|sua|trung_?|dau phong|gung|lac|vung|muoi|thuoc|tap chat|mau|dua|thit|tom|hanh|toi_|ot) <2>%YN%",
            "(?:lam|nau|che bien|san xuat|u|ep|xay) <2>(?:tu|bang) <2>(?:gi|nao|dau)", "nguyen lieu <3>(?:gi|nao|dau|HOW|sao|khong)",
            "nguyen chat <3>(?:khong|chua|hay|BN)", "nhan_ (?:la )?gi", "(?<!chung )nhan gi", "trong <3>co (?:nhung )?gi", "pha <2>(?:gi|khong)", "chay <1>khong",
            "gom (?:nhung )?gi", "co gi <1>trong", "ADDED <1>khong", "khong <1>ADDED <2>(?:ha|phai|khong)", "(?:khong|co) duong$", "that 100 <2>khong",
        ),
    ),
    (
        "storage",
        (
            "bao_? quan <3>(?:HOW|sao|dau|khong|NHIETDO|tu|ngan|o)", "(?:cach|huong dan) <1>(?:bao_? quan|cat giu|giu|cat)", "^<2>bao_? quan <1>$",
            "(?:tu lanh|ngan da|ngan mat|tu dong|tu mat|tu da|ngan dong|ngan lanh) <3>(?:khong|chua|hay|HOW|sao)",
            "de <1>(?:ngoai|NHIETDO|tu|ngan|trong tu|phong) <3>(?:khong|hay|HOW)", "(?:cat|giu) <2>(?:dau|HOW|sao|cho_ nao)",
            "^<4>(?:cat|de) (?:o )?dau <2>$", "(?:cat|bo|de) <1>tu <2>(?:khong|hay)",
        ),
    ),
    (
        "use_by",
        (
            "HAN <4>(?:BN|LONG|WHEN|HOW|khong|may|gi|sao|nao|dau|chua)", "^<2>HAN(?: (?:den|toi|sao|con|may))?$", "(?:xem|nhin) HAN",
            "han <2>(?:BN|LONG|WHEN|may|dau|khong)", "(?:can|het) <1>(?:HAN|han) <1>%YN%", "het (?:han|HAN) <2>WHEN",
            "(?:de|dung|an|giu|bao_? quan|cat|tru|luu|uong) <3>(?:LONG|may (?:ngay|thang|tuan|nam)|BN (?:ngay|thang|tuan|nam)|(?:den|toi) WHEN)",
            "duoc <1>(?:may|BN) (?:thang|tuan|nam|ngay)", "duoc LONG", "(?:LONG|WHEN|may (?:thang|nam)) <2>(?:het han|het HAN|hong_|hong|hu|hu_|thiu|moc)",
            "(?:an|dung|uong) con (?:duoc )?khong", "con (?:an|dung) (?:duoc )?khong", "(?:mau|nhanh|bi|de_) <1>(?:hu|hong_|moc|thiu|hu_) <1>khong",
            "san xuat <1>(?:WHEN|ngay nao|thang may|nam nao)", "(?<!nhan )(?:hang|lo) moi (?:ve |san xuat |lam )?khong", "moi <1>(?:lam|san xuat) khong", "(?:de|dung|giu) lau khong",
        ),
    ),
    (
        "payment",
        (
            "cod <3>(?:khong|hay|HOW|sao|chua|duoc)", "(?:ship|co) cod$", "hay cod", "thanh toan <4>(?:HOW|sao|khong|nao|hay|truoc|gi|qua|khi|truoc)",
            "chuyen khoan <3>(?:khong|hay|HOW|duoc khong|so nao|vao dau|dau|nao)", "(?:tra|dua) tien <4>(?:HOW|sao|khong|hay|WHEN)",
            "(?:nhan|co|lay) hang <3>(?:tra|thanh toan) <3>khong", "so tai khoan", "(?:tra|thanh toan|dung|qua|quet|nhan|co) <2>(?:the|the_|momo|zalopay|vnpay|qr|vi dien tu|visa) <2>khong",
            "(?:kiem|xem|mo|check|dong kiem|kiem tra|thu|coi) (?:hang |hop )?<2>(?:truoc|roi moi|xong) <4>%YN%", "(?:kiem hang|xem hang|dong kiem|kiem tra hang|check hang) <3>khong",
            "coc <2>(?:khong|BN|truoc)", "quet <3>khong", "tra (?:truoc|sau|gop) <2>(?:khong|hay|ha)", "tai khoan <2>(?:gi|nao|BN)", "(?:hinh|phuong) thuc thanh toan",
        ),
    ),
    (
        "delivery_fee",
        (
            "PHISHIP <2>rieng", "PHISHIP <4>(?:BN|HOW|sao|may|nhieu|khong|mac|gi|nao)", "^<3>PHISHIP <1>$", "ship <3>(?:BN|HOW|sao|may tien|bao tien|may nghin|may chuc|nhieu tien)", "ship may$", "ship <4>(?:mac|re) khong",
            "FREESHIP <5>(?:khong|chua|hay|ha|HOW|sao)", "^<2>FREESHIP <1>$", "(?:mat|ton|tinh|thu|chiu|cong|tra|them|gom|bao|tru) <1>(?:phi |tien )?(?:ship|PHISHIP) <2>(?:khong|HOW|BN|chua)",
            "ship <3>(?:mat|ton|tinh|thu|them|co) (?:phi|tien) <1>(?:khong|BN|HOW)", "BN (?:tien )?ship$", "mua <4>FREESHIP", "tien <1>ship <2>(?:BN|HOW|khong)",
        ),
    ),
    (
        "next_offer",
        (
            "(?:WHEN|LONG|may phut|BN phut) <4>%FLASH%", "%FLASH% <5>(?:WHEN|LONG|chua|may gio|tiep|lai|nua) ?(?:khong)?$", "FLASH <3>(?:WHEN|LONG|chua|nua khong)",
            "(?:con|co) <1>(?:dot|luot|FLASH|lan|GIAM|chuong trinh) <4>(?:khong|nua|nao|chua)", "mo lai <3>(?:khong|WHEN|chua|nua)", "(?:lat|toi_|chut nua|ti nua|lat nua) <3>%FLASH% <3>%YN%",
            "(?:dot|luot|lan) (?:sau|tiep|toi|ke|nua) <3>(?:WHEN|khong|may)", "(?:WHEN|LONG) <2>(?:den|toi) <2>(?:FLASH|luot|dot|SP|san pham|mon)", "(?:den|toi) luot <2>(?:SP|FLASH) <1>chua", "(?:WHEN|LONG) <2>co (?:FLASH|gia)",
        ),
    ),
    (
        "delivery_time",
        (
            "(?:WHEN|LONG|may tieng|BN tieng) <2>(?:nhan|giao|ship|toi|den|co hang|gui|lay duoc|ve (?:hang|toi|den|noi|tay|nha))(?! tet)", "(?:WHEN|LONG) <2>ve$", "(?:ship|giao|nhan|gui|dat|ve|hang|toi|den) <5>(?:LONG|WHEN|may tieng)",
            "(?:ship|giao|gui) <3>(?:nhanh|cham|kip|lau|som|trong ngay|hoa toc) (?:duoc )?(?:khong|hay|HOW)", "(?:nhan|giao|co|toi|ve|ship) <4>kip <3>khong", "kip <2>(?:tet|giao|nhan|ship|ve) <2>khong",
            "thoi gian (?:ship|giao|nhan|gui)", "hoa toc <1>khong", "mai <2>(?:co|nhan|giao|toi) <3>khong", "(?:may|BN) ngay <1>(?:toi|nhan|den|giao|ship|ve)", "lau <1>(?:toi|nhan|giao) <1>khong",
        ),
    ),
    (
        "how_to_order",
        (
            "%ORDER% <3>(?:HOW|sao|(?<!tu )dau|cho_ nao|o cho nao)", "(?:lam sao|HOW|sao) <3>%ORDER%", "cach (?:thuc )?%ORDER%", "(?:huong dan|chi_?) <2>(?:mua|dat|order|chot)$",
            "muon (?:mua|dat|lay|order|chot) <4>(?:HOW|sao|phai|dau|bam)", "(?:bam|nhan|an_|click|kich|vao|vo|chon) <2>(?:dau|cho_ nao|nut nao|HOW|cai nao|link nao)",
            "de lai <1>(?:SDT|so|dia chi|thong tin) <4>(?:khong|duoc|ha|la)", "link <2>(?:dau|mua|dat|nao|khong)", "(?:gui|lay) link", "gio_? hang <2>(?:dau|nao)", "(?:dat|mua|order) <2>(?:qua_?|tren|bang) <2>(?:zalo|facebook|web|app|tiktok|SDT|IB) <2>(?:khong|HOW|dau)",
            "IB <2>(?:dau|so nao|HOW|ai)", "%ORDER% <3>phai <3>(?:HOW|gi|sao)", "nut (?:mua|dat|chot) <2>dau", "goi <2>so nao", "lien he <3>(?:HOW|dau|so nao|sao)", "(?:com|cmt|binh luan|coment) <3>(?:duoc khong|khong|HOW)",
        ),
    ),
    (
        "certificate",
        (
            "(?:co|dat|duoc|xem|chuan|la) <3>%PAPER% <4>(?:khong|chua|gi|may|nao|HOW|BN|hay)", "%PAPER% <3>(?:khong|chua|gi|may|nao|BN|hay|dau)", "(?:may|BN) sao$", "(?:may|BN) sao (?:ocop)", "%NUM% sao (?:hay|khong|phai)",
            "(?:dat|duoc|san pham|len|hang) <2>%NUM% sao <2>(?:khong|chua|hay)", "(?:xep|chung) hang <1>(?:may|gi|BN)", "^(?:xem |gui |IB )?(?:giay )?chung nhan$",
        ),
    ),
    (
        "wholesale",
        (
            "(?:mua|ban|bo|lay|nhap|gia|cap|hang) (?:si|buon|dai ly)(?: le)? <4>(?:khong|BN|HOW|sao|may|nhieu|chua|gi|nao)", "^<3>(?:gia|mua|lay|ban|bo|nhap) si <2>$", "gia (?:si|dai ly|so luong|buon)", "^<1>si <1>(?:HOW|sao|khong|BN)", "dai ly <3>(?:khong|HOW|BN|sao|nao)", "cong tac vien", "nha phan phoi <3>(?:khong|HOW|gi|chua)",
            "so luong <1>(?:nhieu|lon|tu) <5>(?:khong|BN|HOW|sao|giam|GIAM|re|gia|chiet|FLASH)", "(?:mua|lay|dat|nhap|order) <1>nhieu <4>(?:giam|GIAM|re|bot|tot|chiet|FLASH|gia) <3>(?:khong|BN|HOW|may|sao|chua)",
            "(?:mua|lay|dat|nhap|order|can) <2>%BULK% (?:%UNIT% )?<6>(?:giam|GIAM|re|bot|tot|gia|chiet|FLASH|si) <3>(?:khong|BN|HOW|sao|may|chua)", "chiet khau <3>(?:khong|BN|HOW|sao|may)", "ban lai <2>(?:khong|HOW|sao)", "(?:lay|nhap|mua) <2>ve ban <3>(?:khong|HOW|sao)", "nhap hang <3>(?:HOW|sao|khong)", "mua ca <2>(?:re|giam|GIAM) <3>khong",
        ),
    ),
    ("size", ("^(?!co |con )<2>%SIZEWORD% (?:khong|size nao|HOW|BN|hay nho|hay to|co nao)", "(?:nho|to|lon|be) hay <1>(?:to|nho|lon|be)")),
    (
        "variants",
        (
            "(?:co|con|ban|lam) (?!\\d|mot |hai )<1>(?:loai|size|hu|hop|chai|goi|tui|set|combo|mau|vi|huong|dang|lo|thung|kieu|mui|binh|bich|gio_?) <5>(?:khong|chua|khac)", "(?:may|BN|nhung) (?:loai|size|mau|vi|mui|huong|dang|kieu)", "(?:loai|vi|mau|mui|huong|kieu|size) (?:nao|gi|khac)(?! (?:[^| ]+ )?hon)",
            "(?:hop|set|gio_?|tui|goi) (?:qua_tang|qua|bieu) <4>(?:khong|HOW|nao|dau|chua)", "(?:de|lam|di|mua) <1>(?:bieu|qua_tang|tang) <3>khong", "(?:dong goi|bao bi|goi ky|boc|hut chan khong|dong hop|dong thung|goi qua_tang|chong soc) <4>(?:khong|HOW|sao|gi|nao|hay|chua)",
            "(?:hop|chai|hu|tui|goi|vo|lo) (?:nhua|thuy tinh|giay|su|sanh|thiec) <2>(?:khong|hay)", "(?:to|lon|nho) hon <2>khong", "(?:mua|ban|lay) le <4>(?:khong|HOW)", "tach le <1>khong", "ban (?:theo|tung) <3>khong", "(?:goi|hop|tui|hu|chai) (?:nho|to|lon|mini) <3>khong", "(?:uong|dung|an) thu <2>khong", "(?:mix|tron) <3>khong",
        ),
    ),
    (
        "usage",
        (
            "(?:cach|huong dan) <1>(?:dung|su dung|an|uong|pha|nau|che bien|lam|ngam|nuong|chien|thang|kho)", "(?:dung|an|uong|pha|nau|che bien|su dung|nuong|chien|ngam|cham|thap) <3>(?:HOW|sao|WHEN)", "%WHO% <5>(?:an|dung|uong|su dung) <3>%YN%", "(?:an|uong|dung) <1>(?:cho )?%WHO% <3>khong",
            "cho %WHO% <4>(?:an|uong|dung) <3>khong", "(?:may|BN) (?:tuoi_|tuoi|thang) <3>(?:an|dung|uong)", "%EAT% <3>hay <4>%EAT%", "%EAT% <3>hay <3>(?:luon|song|truc tiep|lien|truoc|sau)", "(?:can|phai) <1>%EAT% <3>(?:khong|hay)", "(?:tac dung|cong dung|loi ich|tot|boi bo|bo_) <2>(?:gi|nao|HOW)", "^<1>(?:tac dung|cong dung) <2>$", "tac dung <2>khong", "(?:luoc|nau|nuong|ngam|hap|chien|pha) <2>(?:may|BN) (?:phut|tieng|ngay|lan)",
            "(?:chua|chua_|tri|tri_) <1>(?:benh )?gi", "(?:an|uong|dung) (?:luon|lien|song|truc tiep|ngay|kem) <3>(?:khong|hay)", "(?:nau|lam|che bien|an|cham|pha|uong|kho|ngam) <2>(?:mon gi|voi gi|gi ngon|gi duoc|duoc gi)", "lieu (?:luong|dung) <2>(?:HOW|BN|sao)",
            "(?:uong|an|dung) <2>(?:may|BN) (?:lan|thia|muong|vien|lat)", "ngay <1>(?:uong|an|dung) <1>(?:may|BN)", "(?:uong|an|dung) <2>(?:truoc|sau) <3>(?:hay|khong)", "co tot <3>khong", "(?:uong|an|dung) (?:nong|lanh|song|chin|truoc|sau) hay", "an duoc (?:luon )?khong",
        ),
    ),
    (
        "origin",
        (
            "xuat xu(?! ro)", "nguon goc(?! ro)", "(?:hang|SP|san pham|trong|san xuat|dac san|goc|nuoi|nhap|lam ra|thu hoach|danh bat|lay|do|khai thac|dong goi|lam) <1>(?:(?:o|tu|den tu|cua|tan|tai|la) )*%PLACEASK%", "^<1>(?:(?:o|tu|den tu|cua|tai) )*%PLACEASK%$", "ai <1>(?:lam|san xuat|trong|nau)",
            "(?:tu|NHA) (?:tu )?(?:lam|trong|nuoi|u|nau) <2>(?:hay|khong)", "(?:lam|trong|nuoi|nau) hay <3>(?:nhap|mua|lay)", "(?:co so|co_ so|don vi|cong ty|hop_? tac xa|htx|NHA|vuon|xuong|lang|thuong hieu|hang_) nao", "hang (?:viet nam|trung quoc|ha tinh|nhap|nhap khau|thai|noi dia|PLACE|chinh hang|chinh goc|chuan|that|gia_|viet|NHA|SP) <3>(?:khong|hay|chua|ha)",
            "(?:co phai|phai) <1>(?:hang|do) <4>(?:khong|hay)", "(?:chinh goc|chinh hang|chuan) <3>khong", "la (?:hang|cua) dau", "hang <3>that <1>khong",
        ),
    ),
    ("price", ("(?:giam|GIAM|gia|FLASH) <3>con BN",)),
    (
        "stock",
        (
            "het <1>(?:hang |SP )?(?:chua|roi khong|khong)", "(?:sap|gan) het <2>%YN%", "con (?:(?:hang|SP|san|du|ban|kho|\\d+|%UNIT%) )*%YN%", "con <4>%YN%$", "con <2>(?:may|BN|nhieu|bao) <1>(?:%UNIT%|nua|hang|SP)", "con (?:BN|may|nhieu)(?: khong)?$", "con lai <2>(?:BN|may)",
            "(?:co|con) san <3>%YN%", "(?:hang|SP) <1>co (?:san |hang |ban )?%YN%", "co (?:hang|SP)(?: nua)? <1>%YN%", "co ban <3>%YN%", "ban het <2>%YN%", "ve hang %YN%", "con hang$", "co SP <2>khong",
        ),
    ),
    (
        "size",
        (
            "(?:nang|trong luong|khoi luong|dung tich|the tich|kich thuoc|kich co|can nang|quy cach|size) <3>(?:BN|HOW|may|gi|sao|khong|nao)", "^<2>(?:trong luong|khoi luong|dung tich|kich thuoc|size|quy cach) <2>$", "%MANY% (?:tram |chuc )?%INSIDE%", "%NUM% %UNIT% <2>(?:duoc |co |la |khoang )+%MANY%(?: %UNIT%)?", "(?:co|duoc|dung|gom) %MANY% %UNIT%",
            "%SIZEWORD% (?:khong|hay nho|hay to|hay be|HOW|size nao|BN|chung nao)", "%SIZEWORD% <2>(?:size|HOW)", "%SIZEWORD% (?:bang )?WHEN", "bang <2>size nao",
        ),
    ),
    (
        "price",
        (
            "gia <5>(?:BN|HOW|sao|may|nhieu|bao tien)", "(?:BN|bao|may|nhieu) (?:tien|dong|nghin|xu|trieu)(?! (?:roi|nua|cung))", "(?:may|BN) (?:chuc|tram)", "(?:BN|nhieu) (?:cai )?(?:%NUM%|moi) %UNIT%", "(?:%NUM%|moi) (?:%UNIT%|SP) <3>(?:BN|nhieu)$", "(?:SP|ban|lay|tong|het|thanh|tinh|gia tien|ma|cai|nay) <1>(?:BN|bao tien)$",
            "^<1>BN <1>$", "^<1>BN (?:%UNIT%|SP)$", "SP <1>BN", "ban <2>(?:BN|HOW|may)$", "(?:mua|lay) <5>(?:het )?BN(?: tien)?$", "^(?:(?:IB|bao|bao_|check|co|doc|nhac|lai|rep|biet|xem|tra loi) )*gia(?: ca)?(?: (?:SP|FLASH|%UNIT%|%NUM%|ban|goc|tien|IB|ma|tung|di|ca))*$", "co gia %YN%", "gia <2>(?:mac|re|cao|tot) <3>khong", "ban (?:BN|may) (?:%NUM%|moi)", "(?:SP|%UNIT%) gia$", "(?:xem|biet|hoi) gia(?: SP)?$",
            "(?:gia|SP) <2>(?:mac|re) khong", "^(?:co )?(?:mac|re) khong", "%NUM% %UNIT% (?:may|gia)$", "gia tien$",
        ),
    ),
    (
        "delivery_area",
        (
            "(?:ship|giao|gui|chuyen) <6>khong", "(?:ship|giao) <1>(?:toan quoc|tan noi|tan nha|nuoc ngoai|quoc te|tinh)", "o <4>(?:co |ma )?(?:nhan|giao|ship|mua|dat) <3>khong", "(?:ship|giao|gui) <2>(?:nhung|cac|o) <2>(?:nao|dau)", "ship <3>(?:dau|tinh nao)$",
        ),
    ),
)  # fmt: skip


# What follows a question at once belongs to it.
_ALSO_TAKEN = r"(?: (?:dau|WHEN|LONG|BN|HOW|khong|nao|gi|chua|sao))*"


def _compiled(notation: str) -> re.Pattern[str]:
    for name, words in _SETS.items():
        notation = notation.replace(f"%{name}%", words)
    begins, ends = notation.startswith("^"), notation.endswith("$")
    body = re.sub(r"<(\d)>", r"(?:[^| ]+ ){0,\1}?", notation.removeprefix("^").removesuffix("$"))
    return re.compile(
        (r"(?:(?<=^ )|(?<=\| ))" if begins else "(?<= )") + f"(?:{body})" + (r"(?= ?(?:\||\Z))" if ends else _ALSO_TAKEN + r"(?= |\Z)")
    )


NOTHING: Final = tuple(map(_compiled, _NOTHING))
RULES: Final[tuple[tuple[QuestionKind, re.Pattern[str]], ...]] = tuple(
    (kind, _compiled(each)) for kind, all_rules in _RULES for each in all_rules
)
