package dev.mainstay.http;

/** Which calls a retry may make again after an outcome. A call that said it is not idempotent is never repeated. */
public enum Repetition {

    /** None. */
    NEVER,

    /**
     * Those that do no harm when they are made twice: by their method, by an {@code Idempotency-Key}, or because the
     * call's context says so.
     */
    IF_IDEMPOTENT,

    /** All of them, {@code POST} among them: the server has not begun to work on the request. */
    ANY_METHOD
}
