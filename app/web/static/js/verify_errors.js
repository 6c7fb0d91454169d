// How a check of an export can end other than well.

/** Something in it does not fit; the message says what, as `verify.py` says it. */
export class DoesNotFit extends Error {}

/** It cannot even be read as an export. */
export class NotAnExport extends Error {}

/** This browser cannot check it: it lacks what is named. */
export class CannotCheck extends Error {}
