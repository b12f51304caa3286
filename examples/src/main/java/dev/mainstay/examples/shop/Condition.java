package dev.mainstay.examples.shop;

/** How the inventory service is doing. */
enum Condition {
    NORMAL,
    /** Every answer takes seconds, as behind a database that waits for a lock. */
    SLOW,
    /** Every answer is an error, and comes at once, as from a service whose database is gone. */
    FAILING
}
