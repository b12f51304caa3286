package dev.mainstay.docs;

/** What the inventory says: how many pieces of an item there are. */
record Stock(String item, int pieces) {

    static Stock unknown(String item) {
        return new Stock(item, -1);
    }
}
