// Generated from app/protocol by `make gen`; edit the models there. Use: @typedef {import("./protocol.js").RoomTick} RoomTick

export type ProtocolVersion = 1;

/** Stable codes of failures, over HTTP and socket. */
export type ErrorCode =
  | "account_numbers_differ"
  | "action_not_yours"
  | "address_unknown"
  | "alcohol_not_shown"
  | "already_all_in"
  | "amount_too_large"
  | "api_token_not_found"
  | "bad_request"
  | "bank_account_not_found"
  | "bank_feed_not_found"
  | "body_too_large"
  | "body_too_slow"
  | "booth_has_no_goods"
  | "booth_has_no_plan"
  | "bridge_token_invalid"
  | "busy"
  | "buyers_only"
  | "call_time_unfit"
  | "capacity"
  | "carrier_account_not_found"
  | "carrier_away"
  | "carrier_mapping_changed"
  | "carrier_mapping_is_ready"
  | "carrier_mapping_not_found"
  | "carrier_notice_not_genuine"
  | "carrier_refused"
  | "carrier_row_not_found"
  | "carrier_token_refused"
  | "charge_not_found"
  | "claim_needs_receiver"
  | "claim_not_found"
  | "claim_over"
  | "colleague_not_found"
  | "command_not_allowed"
  | "comment_held"
  | "comment_is_hidden"
  | "comment_not_found"
  | "comment_source_not_found"
  | "comments_busy"
  | "comments_too_fast"
  | "comparison_unfit"
  | "complaint_not_found"
  | "complaints_wait"
  | "conflict"
  | "export_is_a_job"
  | "export_session_gone"
  | "export_too_large"
  | "forbidden"
  | "half_price_rule"
  | "head_too_large"
  | "hello_expected"
  | "hold_over"
  | "host_refused"
  | "idempotency_key_reused"
  | "internal"
  | "invalid_address"
  | "invalid_host"
  | "invalid_offer"
  | "invalid_phone"
  | "invalid_products"
  | "invalid_roles"
  | "invalid_user"
  | "invalid_video_url"
  | "invalid_ward"
  | "invitation_invalid"
  | "invitation_not_found"
  | "invitation_used"
  | "job_file_not_ready"
  | "job_not_found"
  | "key_reused"
  | "last_organiser"
  | "league_order_unfit"
  | "ledger_broken"
  | "login_failed"
  | "login_not_found"
  | "login_taken"
  | "malformed"
  | "message_too_large"
  | "method_not_allowed"
  | "more_than_payable"
  | "name_reserved"
  | "new_viewer_waits"
  | "not_found"
  | "not_on_shelf"
  | "not_published"
  | "not_signed_in"
  | "not_your_session"
  | "notes_full"
  | "nothing_fits_carrier"
  | "nothing_packed"
  | "nothing_payable"
  | "nothing_to_change"
  | "nothing_to_settle"
  | "nothing_to_transfer"
  | "notice_not_genuine"
  | "offer_already_opened"
  | "offer_not_found"
  | "offer_not_open"
  | "offer_still_available"
  | "order_cannot_be_written"
  | "order_changed_meanwhile"
  | "order_in_hand"
  | "order_no_longer_yours"
  | "order_not_found"
  | "order_state_not_reachable"
  | "order_would_be_empty"
  | "organisation_not_found"
  | "organiser_only"
  | "origin_refused"
  | "outcome_unknown"
  | "paid_in_future"
  | "paid_too_early"
  | "paid_too_little"
  | "parcel_buyers_differ"
  | "parcel_needs_look"
  | "parcel_not_complete"
  | "parcel_not_found"
  | "parcel_producers_differ"
  | "parcel_receiver_erased"
  | "parcel_split_unfit"
  | "parcel_state_unfit"
  | "parquet_not_installed"
  | "password_wrong"
  | "payment_not_found"
  | "person_not_found"
  | "picture_animated"
  | "picture_broken"
  | "picture_in_use"
  | "picture_not_found"
  | "picture_not_supported"
  | "picture_too_many_pixels"
  | "price_changed"
  | "print_too_large"
  | "producer_not_found"
  | "product_code_taken"
  | "product_not_found"
  | "product_not_in_session"
  | "products_incomplete"
  | "programme_days_unfit"
  | "programme_not_found"
  | "programme_session_unfit"
  | "programme_too_large"
  | "province_not_found"
  | "questions_full"
  | "rate_limited"
  | "read_took_too_long"
  | "refund_too_large"
  | "report_being_prepared"
  | "restriction_not_found"
  | "restrictions_full"
  | "return_too_large"
  | "seal_unreadable"
  | "second_factor_needed"
  | "second_factor_not_begun"
  | "second_factor_on"
  | "second_factor_unreadable"
  | "second_factor_wrong"
  | "session_closed"
  | "session_incomplete"
  | "session_not_found"
  | "session_not_live"
  | "settlement_changed"
  | "settlement_not_found"
  | "settlement_paid"
  | "settlement_too_large"
  | "settlements_being_summed"
  | "sheet_has_problems"
  | "sheet_unreadable"
  | "shipping_fee_changed"
  | "sign_in_not_found"
  | "signature_invalid"
  | "signing_key_unreadable"
  | "sold_out"
  | "speaker_banned"
  | "speaker_muted"
  | "staff_not_restricted"
  | "statement_not_due"
  | "statistics_not_complete"
  | "statistics_not_found"
  | "stock_below_sold"
  | "ticket_invalid"
  | "too_many_api_tokens"
  | "too_many_carrier_mappings"
  | "too_many_charges"
  | "too_many_exports"
  | "too_many_invitations"
  | "too_many_lines"
  | "too_many_parcels"
  | "too_many_parts"
  | "too_many_pictures"
  | "too_many_programmes"
  | "too_many_union_units"
  | "tracking_code_taken"
  | "transition_refused"
  | "unavailable"
  | "undo_too_late"
  | "union_unit_exists"
  | "union_unit_not_found"
  | "unknown_bank"
  | "upgrade_malformed"
  | "upgrade_version_unsupported"
  | "version_unsupported"
  | "viewer_limit_reached"
  | "waitlist_full"
  | "wrong_product";

/** 4000 to 4499: come back after a random delay; 4500 to 4999: do not. */
export type CloseCode =
  | 4001
  | 4002
  | 4003
  | 4008
  | 4029
  | 4500
  | 4501
  | 4502
  | 4503
  | 4504
  | 4505;

/** Body of every failed HTTP request (application/problem+json). */
export interface Problem {
  type: string;
  title: string;
  title_vi: string;
  status: number;
  detail: string;
  code: ErrorCode;
  retryable: boolean;
  retry_after_seconds?: number;
  details?: Readonly<Record<string, unknown>>;
}

/** People who ask the same. Exactly one of `answer` and `missing` is there. */
export interface AskedGroup {
  kind: "price" | "stock" | "size" | "use_by" | "origin" | "delivery_time" | "delivery_fee" | "delivery_area" | "how_to_order" | "payment" | "storage" | "usage" | "ingredients" | "certificate" | "variants" | "wholesale" | "next_offer";
  /** null: asked of the whole session, or it is not clear of what (`missing` is `product`) */
  product_id: string | null;
  /** distinct devices that have asked since it was answered last */
  people: number;
  newest: CommentView;
  /** UTC milliseconds since 1970 */
  first_at_ms: number;
  /** from the facts as they are now, short enough for a comment */
  answer: string | null;
  missing: "shelf_life" | "storage" | "usage" | "ingredients" | "certificate" | "delivery_time" | "wholesale" | "next_offer" | "product" | null;
}

/** What the host sees beyond the viewers' tick. */
export interface BoardFigures {
  viewers_peak: number;
  views: number;
  unique_viewers: number;
  orders_placed: number;
  units_placed: number;
  /** whole Vietnamese đồng, summed over many orders */
  revenue_placed_vnd: number;
  buyers: number;
}

/** Who receives the goods. Personal data: never in a broadcast, a log or Redis. */
export interface Buyer {
  name: string;
  phone: string;
  address: BuyerAddress;
  note?: string;
}

/** Two-level address in force since 1 July 2025: ward or commune, and province, by official code. */
export interface BuyerAddress {
  province_code: number;
  ward_code: number;
  street: string;
}

/** What became of your comment that asked for something: units are held for you, or why not. Only on the sockets of the device that wrote it. */
export interface ClaimAnswered {
  type: "claim.answered";
  claim: ClaimView;
}

/** A comment has become a claim, or something became of it. On staff sockets, without `device`, which nodes alone read; its writer hears `claim.answered`. */
export interface ClaimChanged {
  type: "claim.changed";
  claim: ClaimView;
  device: string | null;
}

/** One product that a comment asks for. `outcome`: whether its units are held, and if not, why: fewer are left, the limit per viewer, not sold now, more than comments of one device, one network or all together may hold. */
export interface ClaimLine {
  product_id: string;
  code: ErrorCode;
  product_name: string;
  quantity: number;
  /** what else the comment said of it: a colour, a size */
  variant: string;
  outcome: "held" | "sold_out" | "limit" | "not_sold" | "too_many";
  /** held at this offer's price; null: at the normal price */
  offer_id: string | null;
  /** whole Vietnamese đồng */
  unit_price_vnd: number;
}

/** A claim. `held`: units are set aside until `until_ms`. `is_change`: its writer has an order from a comment already, so a person must look. */
export interface ClaimView {
  id: string;
  comment_id: string;
  author: string;
  /** the comment, phone numbers masked */
  words: string;
  source: "page" | "tiktok" | "facebook" | "youtube" | "other";
  /** UTC milliseconds since 1970 */
  said_at_ms: number;
  state: "held" | "sold_out" | "ordered" | "rejected" | "expired";
  lines: readonly ClaimLine[];
  /** UTC milliseconds since 1970 */
  until_ms: number | null;
  is_change: boolean;
  /** the number that the comment names, its last three digits */
  phone_masked: string | null;
  order_id: string | null;
  /** the order that its writer had before */
  follows_order_id: string | null;
  order_code: string | null;
  /** when somebody last asked its writer again */
  asked_at_ms: number | null;
}

/** The command was carried out and has nothing more to tell. */
export interface CommandDone {
  type: "command.done";
  id: string;
}

/** A command was refused; the socket stays open. `id` is null when the message could not be read. */
export interface CommandFailed {
  type: "command.failed";
  id: string | null;
  code: ErrorCode;
  message: string;
  retryable: boolean;
  retry_after_ms: number | null;
  details: Readonly<Record<string, unknown>>;
}

/** A comment that is shown on the page of whoever wrote it, and nowhere else. */
export interface CommentEchoed {
  type: "comment.echoed";
  comment: CommentView;
}

/** A comment that a rule has hidden from the start. Only on staff sockets. */
export interface CommentHeld {
  type: "comment.held";
  comment: CommentView;
  mark: HiddenMark;
}

/** Somebody said something, a viewer or the staff. */
export interface CommentPosted {
  type: "comment.posted";
  comment: CommentView;
}

/** A comment as it is shown. */
export interface CommentView {
  id: string;
  /** UTC milliseconds since 1970 */
  at_ms: number;
  author: string;
  text: string;
  by_staff: boolean;
  reply_to: ReplyView | null;
  /** where it was written: on a page of ours, or on another platform */
  source: "page" | "tiktok" | "facebook" | "youtube" | "other";
}

/** Take these comments off the screen. `comments` and `mark` say on staff sockets what it was, why, and who did it. */
export interface CommentsHidden {
  type: "comments.hidden";
  comment_ids: readonly string[];
  comments: readonly CommentView[];
  mark: HiddenMark | null;
}

/** Show these comments again, or for the first time, in their place by time. */
export interface CommentsRestored {
  type: "comments.restored";
  comments: readonly CommentView[];
  /** only on staff sockets */
  by: string | null;
}

/** Latest figures of the room; each tick replaces the one before. */
export interface Counts {
  viewers: number;
  likes: number;
  comments: number;
  /** devices without a socket that poll instead, by their beacons; never added to viewers */
  polling: number;
  outside: readonly OutsideCount[];
}

/** A comment that only those in charge still see. */
export interface HiddenComment {
  comment: CommentView;
  mark: HiddenMark;
}

/** Why a comment is hidden, and who did it; `by` is null for a rule. */
export interface HiddenMark {
  reason: "staff" | "muted" | "block_word" | "link" | "repeat";
  by: string | null;
  /** the block word that was found */
  word: string | null;
  /** UTC milliseconds since 1970 */
  at_ms: number;
}

/** Wait for units of a sold-out offer. Joining again gives the same place. */
export interface JoinWaitlist {
  id: string;
  type: "waitlist.join";
  offer_id: string;
  quantity?: number;
}

/** The viewer closes the page on purpose. */
export interface Leave {
  id: string;
  type: "viewer.leave";
}

/** A room event with its place in the room's log. */
export interface LoggedEvent {
  offset: number;
  /** UTC milliseconds since 1970 */
  at_ms: number;
  event: CommentPosted | CommentsHidden | CommentsRestored | CommentHeld | SpeakerRestricted | SpeakerFreed | ModerationChanged | QuestionsChanged | TalkChanged | WarningChanged | ClaimChanged | OfferOpened | OfferChanged | OfferSoldOut | OfferEnded | WaitlistCalled | StockChanged | OrdersTakenBack | ProductPinned | ProductsChanged | SessionChanged;
}

/** The session's rules for the talk are others now. Only on staff sockets. */
export interface ModerationChanged {
  type: "moderation.changed";
  rules: ModerationRules;
}

/** The rules of a session's talk. What `block_words`, `links` and `repeats_most` hold waits for somebody in charge to let it through. */
export interface ModerationRules {
  /** also hold the insults and adverts that come with the program */
  usual_words: boolean;
  /** words and phrases; disguises are seen through */
  block_words: readonly string[];
  /** hold comments with an address on the web */
  hold_links: boolean;
  /** hold a text that the room has said more often than this within a minute; 0: never */
  repeats_most: number;
  /** between two comments of one device, over all nodes; 0: as fast as ever */
  slow_mode_seconds: number;
  /** only devices that have ordered in this session may comment */
  buyers_only: boolean;
  /** how long a new device only watches before it may comment */
  new_viewer_seconds: number;
  /** somebody muted may go on writing, seen by nobody else; false: is told so */
  muted_may_write: boolean;
  /** for as long as a room is raided: usual words and links are held, a text counts as repeated after twice, a device speaks every 10 s and a new one after a minute, wherever these rules are not stricter already */
  is_strict: boolean;
}

/** What those in charge know beyond the room: only on staff sockets. */
export interface ModerationView {
  rules: ModerationRules;
  hidden: readonly HiddenComment[];
  restrictions: readonly RestrictionView[];
  questions: readonly QuestionView[];
}

/** An offer was made, extended or restocked without opening anew. */
export interface OfferChanged {
  type: "offer.changed";
  offer: OfferView;
}

/** A flash offer takes no more orders. */
export interface OfferEnded {
  type: "offer.ended";
  offer_id: string;
}

/** A flash offer takes orders from now on; sent at once, without waiting for the next tick. */
export interface OfferOpened {
  type: "offer.opened";
  offer: OfferView;
}

/** The last unit is taken; orders are refused until something comes back. */
export interface OfferSoldOut {
  type: "offer.sold_out";
  offer_id: string;
}

/** A flash offer. `remaining` is derived from the ledger and may lag it by one tick. */
export interface OfferView {
  id: string;
  product_id: string;
  state: "scheduled" | "open" | "ended";
  /** whole Vietnamese đồng */
  flash_price_vnd: number;
  /** whole Vietnamese đồng */
  regular_price_vnd: number;
  total_quantity: number;
  remaining: number;
  per_viewer_limit: number;
  hold_seconds: number;
  /** UTC milliseconds since 1970 */
  starts_at_ms: number | null;
  /** UTC milliseconds since 1970 */
  ends_at_ms: number | null;
}

/** How many units of one flash offer. */
export interface OrderLine {
  offer_id: string;
  quantity: number;
}

/** Reply to `order.place`, said only after COMMIT; a repeat with the same key gets the same receipt. */
export interface OrderPlaced {
  order_id: string;
  key: string;
  number: number;
  order_code: string;
  /** unguessable; a repeat of the order gets the same */
  link_token: string;
  lines: readonly OrderedLine[];
  /** fee of the delivery, in the total */
  shipping_vnd: number;
  /** whole Vietnamese đồng */
  total_vnd: number;
  /** UTC milliseconds since 1970 */
  placed_at_ms: number;
  type: "order.placed";
  id: string;
}

/** One line of a committed order at the price that was agreed; `offer_id` is null for a product at its normal price. */
export interface OrderedLine {
  offer_id: string | null;
  product_id: string;
  quantity: number;
  /** whole Vietnamese đồng */
  unit_price_vnd: number;
  /** whole Vietnamese đồng */
  amount_vnd: number;
}

/** Orders that were cancelled or expired: their units are back. Only their buyers and the staff know the ids. */
export interface OrdersTakenBack {
  type: "orders.taken_back";
  order_ids: readonly string[];
}

/** Viewers on an outside platform: imported, with its source, never added to the measured count. */
export interface OutsideCount {
  source: string;
  viewers: number;
  /** UTC milliseconds since 1970 */
  observed_at_ms: number;
}

/** Order from open flash offers and from the shelf. Answered only after the order is committed, or refused. */
export interface PlaceOrder {
  /** the client's idempotency key: a repeat with the same key is the same order */
  key: string;
  lines: readonly (OrderLine | ShelfLine)[];
  /** the fee as shown; when it is another one nothing is placed */
  shipping_fee_vnd?: number | null;
  buyer: Buyer;
  /** cash on delivery, or a bank transfer that must arrive within the hold time */
  payment?: "cod" | "transfer";
  id: string;
  type: "order.place";
}

/** Say something to the room. */
export interface PostComment {
  id: string;
  type: "comment.post";
  text: string;
  /** the comment that this one answers, among the latest of the room */
  reply_to?: string | null;
}

/** The product the host talks about now; null = none. */
export interface ProductPinned {
  type: "product.pinned";
  product_id: string | null;
}

/** A product on the shelf of a session. `ocop_stars` is null once the certificate has lapsed on the day of the broadcast. */
export interface ProductView {
  id: string;
  /** short code of this session, e.g. A1 */
  code: string;
  name: string;
  story: string;
  /** whole Vietnamese đồng */
  price_vnd: number;
  unit: string;
  weight_grams: number;
  ocop_stars: 3 | 4 | 5 | null;
  ocop_certificate_number: string | null;
  picture_url: string;
  picture_alt: string;
  producer_id: string;
  producer_name: string;
  commune_name: string;
}

/** The shelf was put together anew; replaces the list before. */
export interface ProductsChanged {
  type: "products.changed";
  products: readonly ProductView[];
}

/** A comment that somebody in charge has put into the queue of questions. */
export interface QuestionView {
  comment: CommentView;
  state: "waiting" | "answering" | "answered";
  marked_by: string;
}

/** What viewers ask now and was not answered yet; replaces what was told before. Only on staff sockets. */
export interface QuestionsAsked {
  type: "questions.asked";
  groups: readonly AskedGroup[];
}

/** The queue of questions; replaces the one before. Only on staff sockets. */
export interface QuestionsChanged {
  type: "questions.changed";
  questions: readonly QuestionView[];
}

/** The comment that a comment answers. */
export interface ReplyView {
  id: string;
  author: string;
}

/** Viewers now on an outside platform, read there by the host or a bridge. Shown as imported, never added to ours. */
export interface ReportOutsideCount {
  id: string;
  type: "outside_count.report";
  source: "tiktok" | "facebook" | "youtube" | "other";
  viewers: number;
  /** UTC milliseconds since 1970 */
  observed_at_ms?: number | null;
}

/** Somebody who is muted or banned, as those in charge see it. */
export interface RestrictionView {
  id: string;
  kind: "mute" | "ban";
  scope: "device" | "address";
  author: string;
  /** the comment that was the occasion */
  comment_id: string;
  by: string;
  /** UTC milliseconds since 1970 */
  at_ms: number;
  /** null: until the session ends */
  until_ms: number | null;
}

/** The last room event a client has seen. */
export interface ResumePosition {
  epoch: string;
  offset: number;
}

/** Answer to a hello with a position inside the window: exactly what was missed. */
export interface RoomResumed {
  type: "room.resumed";
  id: string;
  version: number;
  recovered: true;
  epoch: string;
  offset: number;
  /** UTC milliseconds since 1970 */
  server_time_ms: number;
  events: readonly LoggedEvent[];
  counts: Counts;
}

/** Answer to a hello without a position, or with one that is too old: everything, as of `offset`. */
export interface RoomSnapshot {
  type: "room.snapshot";
  id: string;
  version: number;
  recovered: false;
  epoch: string;
  offset: number;
  /** UTC milliseconds since 1970 */
  server_time_ms: number;
  session: SessionView;
  products: readonly ProductView[];
  offers: readonly OfferView[];
  /** products with a pool of units: these can be ordered at their normal price */
  shelf: readonly StockView[];
  pinned_product_id: string | null;
  comments: readonly CommentView[];
  talk: TalkView;
  /** the organiser's, until it is lifted */
  warning: WarningView | null;
  counts: Counts;
  board: BoardFigures | null;
  /** only on staff sockets */
  moderation: ModerationView | null;
}

/** One frame for the whole room: events in (`after`, `offset`], and the latest counts. A client whose own offset is not `after` has missed something and says hello again with its position. Comments may be left out above a readable rate (`comments_skipped`); every other event is always there. */
export interface RoomTick {
  type: "room.tick";
  epoch: string;
  after: number;
  offset: number;
  /** UTC milliseconds since 1970 */
  server_time_ms: number;
  events: readonly LoggedEvent[];
  counts: Counts | null;
  /** units left by offer id, for offers that are open, and by product id, for pools that run low */
  stock: Readonly<Record<string, number>> | null;
  comments_skipped: number;
  /** only on staff sockets */
  board: BoardFigures | null;
}

/** A bunch of likes, counted by the client between two sends. */
export interface SendLikes {
  id: string;
  type: "like.send";
  count: number;
}

/** This node is about to stop: come back after the given delay. */
export interface ServerLeaving {
  type: "server.leaving";
  return_after_ms: number;
}

/** The session's state or description changed. */
export interface SessionChanged {
  type: "session.changed";
  session: SessionView;
}

/** A livestream session as anyone may see it. */
export interface SessionView {
  id: string;
  title: string;
  state: "draft" | "scheduled" | "live" | "ended" | "closed";
  organisation_name: string;
  host_name: string;
  /** UTC milliseconds since 1970 */
  planned_start_at_ms: number | null;
  /** UTC milliseconds since 1970 */
  started_at_ms: number | null;
  /** UTC milliseconds since 1970 */
  ended_at_ms: number | null;
  video: VideoView | null;
  /** a rehearsal: simulated people may take part, nothing is delivered */
  is_rehearsal: boolean;
  /** what delivery costs; null: nothing */
  shipping: ShippingRule | null;
  /** a booth is a producer's, has no host and no planned time, and sells until it is closed */
  kind: "stream" | "booth";
  /** whose booth it is */
  producer_id: string | null;
}

/** How many units of a product at its normal price, and the price that the buyer was shown. */
export interface ShelfLine {
  product_id: string;
  quantity: number;
  /** as shown; when it has changed nothing is placed (`price_changed`) */
  unit_price_vnd: number;
}

/** The fee of one order: `flat_vnd`, or by weight steps; the last step also holds above its weight. Nothing from `free_from_vnd` on. The weight is the sum of quantity times `weight_grams`, the amount that of the goods alone. */
export interface ShippingRule {
  /** whole Vietnamese đồng */
  flat_vnd: number;
  /** by rising weight; empty: the flat fee for every order */
  steps: readonly WeightStep[];
  /** goods for so much are delivered free; null: never */
  free_from_vnd: number | null;
}

/** A product of the session was opened, or was the first line of a basket. Counted once per device (and product). */
export interface ShowInterest {
  id: string;
  type: "interest.show";
  step: "opened" | "basket";
  product_id: string;
}

/** A mute or ban was lifted. Only on staff sockets. */
export interface SpeakerFreed {
  type: "speaker.freed";
  restriction_id: string;
}

/** Somebody was muted or banned. Only on staff sockets, and without `device` and `network`, which nodes alone read. */
export interface SpeakerRestricted {
  type: "speaker.restricted";
  restriction: RestrictionView;
  device: string | null;
  network: string | null;
}

/** The pool of a product was set, or its last unit is taken. The tick tells what is left of pools that run low. */
export interface StockChanged {
  type: "stock.changed";
  stock: StockView;
}

/** The pool of one product in a session: `left` can be ordered at the normal price now if it is `on_shelf`, and limits its flash offers. */
export interface StockView {
  product_id: string;
  /** all that there is, sold ones included */
  units: number;
  left: number;
  /** units per viewer at the normal price, counted over device and phone number */
  per_viewer_limit: number;
  /** false: sold by flash offers alone */
  on_shelf: boolean;
}

/** What everybody sees of the talk's rules, the pinned comment, the notice, the question that is answered; replaces what was before. */
export interface TalkChanged {
  type: "talk.changed";
  talk: TalkView;
}

/** What everybody sees of the talk: the rules that concern a speaker, and what stands above the comments. */
export interface TalkView {
  slow_mode_seconds: number;
  buyers_only: boolean;
  new_viewer_seconds: number;
  notice: string | null;
  pinned: CommentView | null;
  /** the question that is being answered */
  answering: CommentView | null;
}

/** Where the video plays; it stays on its platform. */
export interface VideoView {
  kind: "youtube" | "facebook" | "tiktok" | "hls";
  url: string;
  /** address for an iframe or player; null where the platform only allows a link */
  embed_url: string | null;
}

/** First message of every socket: protocol version, and where the client was if it comes back. */
export interface ViewerHello {
  id: string;
  type: "viewer.hello";
  /** protocol version the client speaks */
  version: number;
  resume?: ResumePosition | null;
  /** display name beside comments */
  name?: string | null;
}

/** Units came back and are set aside for these waitlist entries until the given time; only their owners know the ids. */
export interface WaitlistCalled {
  type: "waitlist.called";
  offer_id: string;
  entry_ids: readonly string[];
  /** UTC milliseconds since 1970 */
  until_ms: number;
}

/** Reply to `waitlist.join`: keep the entry id, `waitlist.called` names it when it is your turn. */
export interface WaitlistJoined {
  type: "waitlist.joined";
  id: string;
  offer_id: string;
  entry_id: string;
  /** 1 = next */
  place: number;
  /** units are kept for you until then; null while you wait */
  until_ms: number | null;
}

/** The organiser's warning on every screen; null: it was lifted. Replaces what stood there. */
export interface WarningChanged {
  type: "warning.changed";
  warning: WarningView | null;
}

/** The organiser's warning that stands on every screen until it is lifted. */
export interface WarningView {
  text: string;
  /** UTC milliseconds since 1970 */
  at_ms: number;
}

/** Up to this weight an order's delivery costs so much. */
export interface WeightStep {
  /** grams, with packing */
  up_to_grams: number;
  /** whole Vietnamese đồng */
  fee_vnd: number;
}

/** A viewer's socket, opened with the signed ticket cookie `ocop_ticket`. */
export type ViewerCommand =
  | ViewerHello
  | PostComment
  | SendLikes
  | ShowInterest
  | PlaceOrder
  | JoinWaitlist
  | Leave;

/** The host board's socket, opened with the login cookie of a user of the session's organisation. */
export type BoardCommand =
  | ViewerHello
  | PostComment
  | ReportOutsideCount
  | Leave;

/** A program that reports outside viewer counts, opened with `Authorization: Bearer <bridge token>`. */
export type BridgeCommand =
  | ViewerHello
  | ReportOutsideCount
  | Leave;

/** All that a client may say. */
export type ClientCommand =
  | ViewerHello
  | PostComment
  | SendLikes
  | ShowInterest
  | PlaceOrder
  | JoinWaitlist
  | Leave
  | ReportOutsideCount;

/** What happens in a room, in one order for everybody. */
export type RoomEvent =
  | CommentPosted
  | CommentsHidden
  | CommentsRestored
  | CommentHeld
  | SpeakerRestricted
  | SpeakerFreed
  | ModerationChanged
  | QuestionsChanged
  | TalkChanged
  | WarningChanged
  | ClaimChanged
  | OfferOpened
  | OfferChanged
  | OfferSoldOut
  | OfferEnded
  | WaitlistCalled
  | StockChanged
  | OrdersTakenBack
  | ProductPinned
  | ProductsChanged
  | SessionChanged;

/** All that the server says. */
export type ServerMessage =
  | RoomTick
  | RoomSnapshot
  | RoomResumed
  | CommandDone
  | OrderPlaced
  | WaitlistJoined
  | QuestionsAsked
  | CommentEchoed
  | ClaimAnswered
  | CommandFailed
  | ServerLeaving;
