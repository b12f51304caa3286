package dev.mainstay.kotlin;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** A client that is down or not, and counts its calls. */
public final class InventoryClient {

    private final boolean down;
    private int calls;

    InventoryClient(boolean down) {
        this.down = down;
    }

    /** Throws what Kotlin does not ask anybody to catch or to declare. */
    public Stock stockOf(String sku) throws IOException {
        calls++;
        if (down) {
            throw new IOException("down");
        }
        return new Stock(sku, 7);
    }

    public CompletableFuture<Stock> stockOfAsync(String sku) {
        calls++;
        return CompletableFuture.completedFuture(new Stock(sku, 7));
    }

    int calls() {
        return calls;
    }
}
