"""Syllables that everybody writes: without accents an insult may look like them, and then it is not held. Folded as `app.live.spelling` does."""

from __future__ import annotations

from typing import Final

from app.live.spelling import spelled

# Words that have no mark in Vietnamese. A phrase with accents in which they stand means them and no other.
_WITHOUT_MARKS = """
ai an anh ao ba ban bao bay be bia bo bon bong bu bun buôn ca cam can canh cao cau cay cha chai chan chao chay che chi chia chim cho chu chua
chum chung co coi con cong cu cua cung cha da dai dam dan dang danh dao dau day de di do doanh du dung em ga gai gam gan gay ghe ghi gia
giao gian giang gom gu ha hai ham han hang hay hen heo hoa hoan hom hong hoi hu in ke kem keo kha khai kham khi kho khoai khoe khoan khung
khuya kia la lai lam lan lang lanh lao lau lay le len leo lo loa loan lon long lua lung ma mai man mang may me men meo mi minh mo moi mon
mong mu mua mui na nam nan nay nem neo ngang ngay nghe nghi ngoan ngon ngu nha nhan nhanh nhau nhe nho nhung no noi non nu oi oan ong pha phai
phan phe phim pho phong phu qua quan quanh quay que quen ra rau re ren ro rong ru rung sa sai san sang sao sau say sen so soi son song su sui
sung ta tai tam tan tang tao tay te tem tha thai tham than thang thanh thao thay the theo thi thay tho thoi thom thong thu thua thuê thung ti tia
tim tin to toan tom ton tong tra trai tram trang tranh trao trau tre treo tri tro trong tru trung tu tua tui tung va vai van vang vanh vay ve
vi vo voi vu vua vui vung xa xanh xay xe xem xeo xi xin xinh xo xoa xoan xoi xong xu xua xung ya
"""
# What is left of other common words without their accents: các, lớn, lợn, bưởi, đít, đi, cút (chim cút) …
_WITHOUT_THEIR_ACCENTS = """
bac bat bau bien bo boi bot buoi buon but ca cac cach cai cat cap cau chac chat chet chet cho chot cop cot cu cuc cui cut cuoi dac dap dat
dau de dep di dich diem diec dien diet dit do doc doi don dong du dua duc duoc duoi duong gac gap giat giet gio giup hap hat het hoc hop hot
ket khac khach kho khoc khong lac lam lap lat le lech lo loc loi lon lop lot lua luc luon luot mac mat mau met mo moc mot muc muoi mut nac
nat ngat ngoc ngot ngu ngua nguoi nhac nhat nhieu nhot nong nuoc nuoi oc om phat phot phut quat qui rac rat roi rot ruot rut sac sach
sat sau say sot sua sung suc tac tat tet thac that thich thit thom thuc thuoc tien tiec tiep tot trom tuoi tuong tron ut vac vat viec vit vot vuon
xac xau xuc cuon cac lin bim dai dua dai
"""


def _folded(words: str) -> frozenset[str]:
    return frozenset("".join(letter.bases[0] for letter in spelled(word)) for word in words.split())


WRITTEN_WITHOUT_MARKS: Final = _folded(_WITHOUT_MARKS) - {"lua"}
EVERYDAY: Final = _folded(_WITHOUT_MARKS) | _folded(_WITHOUT_THEIR_ACCENTS)
