"""Why something about carriers is refused. Codes are the contract with every client."""

from __future__ import annotations

from app.errors import Conflict, NotFound, NotSignedIn, Unavailable


class CarrierMappingNotFound(NotFound):
    code = "carrier_mapping_not_found"
    title_vi = "Không tìm thấy mẫu cột này."
    title_en = "There is no such list of columns."


class CarrierMappingChanged(Conflict):
    """Somebody else has changed it since it was read; `details["version"]` is the newest."""

    code = "carrier_mapping_changed"
    title_vi = "Mẫu cột này vừa được người khác sửa, mời tải lại."
    title_en = "Somebody else has just changed this list of columns, please read it again."


class CarrierMappingIsReady(Conflict):
    """What ships with the service is copied, and the copy changed."""

    code = "carrier_mapping_is_ready"
    title_vi = "Mẫu có sẵn không sửa được: hãy tạo bản sao rồi sửa."
    title_en = "A ready list of columns cannot be changed: copy it and change the copy."


class TooManyCarrierMappings(Conflict):
    """`details["limit"]`: an organisation keeps so many at most."""

    code = "too_many_carrier_mappings"
    title_vi = "Đã có quá nhiều mẫu cột, mời bỏ bớt mẫu không dùng."
    title_en = "There are too many lists of columns, please drop those that are not used."


class NothingFitsCarrier(Conflict):
    """Of the parcels that were named none can be in the file; `details["problems"]` counts why."""

    code = "nothing_fits_carrier"
    title_vi = "Không kiện nào đủ thông tin để đưa vào tệp."
    title_en = "None of these parcels has what the file needs."


class CarrierAccountNotFound(NotFound):
    code = "carrier_account_not_found"
    title_vi = "Chưa kết nối với đơn vị vận chuyển này."
    title_en = "This carrier is not connected."


class CarrierNoticeNotGenuine(NotSignedIn):
    """A wrong secret, or no such address; nobody learns which."""

    code = "carrier_notice_not_genuine"
    title_vi = "Tin báo của đơn vị vận chuyển không đúng mã bí mật."
    title_en = "The carrier's notice does not carry the secret."


class CarrierRefused(Conflict):
    """The carrier answered that it does not do that; `details["words"]` are its own."""

    code = "carrier_refused"
    title_vi = "Đơn vị vận chuyển từ chối."
    title_en = "The carrier refuses that."


class CarrierTokenRefused(Conflict):
    code = "carrier_token_refused"
    title_vi = "Đơn vị vận chuyển không nhận mã kết nối này."
    title_en = "The carrier does not take this token."


class CarrierAway(Unavailable):
    """No answer, or none that can be read; whether it was done is asked by our parcel's code, never done again blindly."""

    code = "carrier_away"
    title_vi = "Đơn vị vận chuyển chưa trả lời, mời hỏi lại sau."
    title_en = "The carrier does not answer, please ask again later."


class TrackingCodeTaken(Conflict):
    """`details["code"]`: the parcel that has this tracking code already."""

    code = "tracking_code_taken"
    title_vi = "Mã vận đơn này đã gắn với một kiện khác."
    title_en = "Another parcel has this tracking code already."


class CarrierRowNotFound(NotFound):
    code = "carrier_row_not_found"
    title_vi = "Không tìm thấy dòng này trong danh sách cần xem."
    title_en = "There is no such row on the work list."
