"""Insults and adverts that no market wants to read: held in every session unless its rules say otherwise."""

from __future__ import annotations

from typing import Final

# With their accents, so that other words that only look alike pass (app/live/block_words.py).
_INSULTS: Final = (
    *("địt", "địt mẹ", "đụ má", "đụ mẹ", "đù má", "đéo mẹ", "lồn", "vãi lồn", "cặc", "buồi", "con cặc", "con đĩ", "đĩ chó", "đĩ điếm"),
    *("chó đẻ", "chó chết", "thằng chó", "mẹ mày", "bố mày", "cút mẹ", "mất dạy", "khốn nạn", "súc vật", "đồ ngu", "ngu như bò"),
    *(
        "ngu như chó",
        "mẹ kiếp",
        "con mẹ mày",
        "bú cu",
        "đầu buồi",
        "mặt lồn",
        "vcl",
        "vkl",
        "vcđ",
        "vl luôn",
        "đmm",
        "đcm",
        "đkm",
        "đmcs",
        "clgt",
        "cmm",
    ),
)
_ADVERTS: Final = (
    *("vay tiền nhanh", "vay nóng", "vay online", "việc nhẹ lương cao", "tuyển cộng tác viên", "kiếm tiền tại nhà", "kiếm tiền online"),
    *(
        "nhà cái uy tín",
        "cá độ bóng đá",
        "cá cược",
        "lô đề",
        "xóc đĩa",
        "tài xỉu",
        "nổ hũ",
        "game bài",
        "bắn cá đổi thưởng",
        "đánh bạc",
        "soi cầu",
    ),
    *(
        "kết bạn zalo",
        "nhắn tin zalo",
        "inbox zalo",
        "vào nhóm kín",
        "gái gọi",
        "sim số đẹp",
        "hack like",
        "tăng follow",
        "đầu tư sinh lời",
    ),
)
USUAL_WORDS: Final = (*_INSULTS, *_ADVERTS)
