"""Rules of a livestream in plain words, for organisations that have written none of their own. An offer to start from, no legal advice.

They follow what the law is said to ask of platform, seller and whoever speaks (Law 122/2025/QH15, FIELD.md §3).
"""

from __future__ import annotations

from typing import Final

USUAL_RULES_VI: Final = """\
Nội quy phiên bán hàng trực tiếp

Người bán và người dẫn
- Nói đúng về hàng: tên, xuất xứ, khối lượng, hạn dùng, số sao OCOP, giá. Lời nói khớp với nhãn và giấy tờ của sản phẩm.
- Giá nói trên sóng là giá thật. Giá cũ ghi bên cạnh là giá đã bán ngay trước đợt giảm.
- Không bán hàng cấm, hàng giả, hàng không rõ nguồn gốc; không quảng cáo rượu.
- Không nói quá công dụng; thực phẩm không phải là thuốc.
- Giấy tờ về điều kiện kinh doanh và chất lượng được kiểm tra trước phiên. Thiếu giấy tờ thì không lên sóng.

Người xem
- Nói chuyện lịch sự: không xúc phạm, không đe dọa, không gây chia rẽ.
- Không đăng số điện thoại, địa chỉ của mình hay của người khác.
- Không quảng cáo, không dán đường dẫn, không lặp lại một câu nhiều lần.
- Bình luận trái nội quy bị ẩn; người tái phạm bị tắt tiếng hoặc mời ra khỏi phiên.

Đặt hàng
- Đơn chỉ tính khi màn hình báo "Đã chốt" kèm mã đơn.
- Mỗi người mua không quá số lượng ghi ở ưu đãi. Đơn không xác nhận được sẽ hết hạn và hàng trở lại quầy.
- Khi chưa được xác nhận, bạn tự sửa hoặc hủy đơn ở trang của đơn.

Phản ánh
- Ai xem cũng có thể phản ánh về phiên, trong lúc phát và sau đó: bấm "Phản ánh" ở trang xem. Phản ánh về đơn thì viết ở trang của đơn.
- Ban tổ chức trả lời bằng lời trong thời hạn ghi ở đó.
- Khi có vi phạm, ban tổ chức hiện cảnh báo trên màn hình, và có thể dừng phiên.

Lưu giữ
- Bình luận, thay đổi giá, đơn hàng và bản nội quy này được lưu làm bằng chứng. Dữ liệu cá nhân được mã hóa và xóa khi hết hạn giữ."""

USUAL_RULES_EN: Final = """\
Rules of the live sale

Sellers and hosts
- Say what is true of the goods: name, origin, weight, use-by date, OCOP stars, price. What is said agrees with the label and the papers.
- The price that is said is the real price. An old price beside it is the one charged just before the offer.
- No prohibited, counterfeit or untraceable goods; no advertising of alcohol.
- No exaggerated effects; food is not medicine.
- Papers on business conditions and quality are checked before the session. Without papers goods do not go on air.

Viewers
- Be civil: no insults, no threats, no incitement.
- Do not post phone numbers or addresses, your own or anybody's.
- No adverts, no links, no repeating the same line.
- Comments against the rules are hidden; whoever goes on is muted or asked to leave.

Orders
- An order counts when the screen says it is placed, with its code.
- Nobody buys more than the offer says. Orders that cannot be confirmed expire and the goods return to the shelf.
- Until it is confirmed you can mend or cancel an order on its page.

Reports
- Every viewer may report a problem with the session, during it and afterwards: press "Report" on the viewer's page. Complaints about an order go on the order's page.
- The organiser answers in words within the time that is stated there.
- On a violation the organiser shows a warning on the screen and may stop the session.

What is kept
- Comments, prices, orders and these rules are kept as evidence. Personal data is encrypted and erased when its time is over."""
