package dev.mainstay.http;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * How calls through policies fail for callers of an {@code HttpClient}: as its methods declare. What comes from the
 * client itself comes out as it is.
 */
final class ClientFailures {

    private ClientFailures() {}

    static Throwable translated(@Nullable Throwable failure) {
        if (failure instanceof CallTimeoutException timeout) {
            HttpTimeoutException translated = new HttpTimeoutException(timeout.getMessage());
            translated.initCause(timeout);
            return translated;
        }
        if (failure instanceof CallRejectedException rejected) {
            return rejected.reason() == RejectionReason.INTERRUPTED
                    ? interrupted(rejected)
                    : new HttpRejectedException(rejected);
        }
        if (failure instanceof IOException
                || failure instanceof InterruptedException
                || failure instanceof RuntimeException
                || failure instanceof Error) {
            return failure;
        }
        return new IOException(failure);
    }

    private static InterruptedException interrupted(CallRejectedException rejected) {
        InterruptedException translated = new InterruptedException(rejected.getMessage());
        translated.initCause(rejected);
        return translated;
    }

    /** Throws the translation. As with every InterruptedException, the thread's interrupt flag is clear then. */
    static IOException thrown(Throwable failure) throws IOException, InterruptedException {
        Throwable translated = translated(failure);
        if (translated instanceof InterruptedException interrupted) {
            boolean ignored = Thread.interrupted();
            throw interrupted;
        }
        if (translated instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (translated instanceof Error error) {
            throw error;
        }
        throw (IOException) translated;
    }
}
