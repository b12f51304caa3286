package dev.mainstay.http;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLProtocolException;
import org.jspecify.annotations.Nullable;

/** In which of a few ways a call failed that got no answer. */
public enum FailureKind {

    /** No connection: refused, no route, or no such host. Nothing was sent. */
    NOT_CONNECTED(true),

    /** The time for connecting was up. Nothing was sent. */
    CONNECT_TIMEOUT(true),

    /** The server says that it has not begun to work on the request: HTTP/2's {@code REFUSED_STREAM}. */
    NOT_PROCESSED(true),

    /** No answer in time. The request may have been carried out. */
    READ_TIMEOUT(false),

    /** The connection broke, or any other {@code IOException}. The request may have been carried out. */
    CONNECTION_LOST(false),

    /** The server's certificate, or the handshake, is not acceptable. */
    CERTIFICATE(false),

    /** The server does not speak HTTP as it should. */
    PROTOCOL(false),

    /** A policy of ours further in rejected the call. Nothing was sent. */
    REJECTED(true),

    /** The caller gave the call up: a cancel or an interrupt. */
    CANCELLED(false),

    /** An exception that is none of the network's, such as an {@code IllegalArgumentException}. */
    OTHER(false);

    private static final int CAUSES_AT_MOST = 16;

    private final boolean nothingSent;

    FailureKind(boolean nothingSent) {
        this.nothingSent = nothingSent;
    }

    /** Whether nothing of the request has reached the server's application, unless the client followed a redirect. */
    public boolean nothingSent() {
        return nothingSent;
    }

    /**
     * The kind of a failure by its type, or by that of its causes where clients wrap what the network threw. Knows the
     * exceptions of the JDK and of Mainstay; for those of other clients there is {@link
     * HttpRules.Builder#failureKinds}.
     *
     * @return null for an {@code Error}
     */
    public static @Nullable FailureKind of(Throwable failure) {
        if (failure instanceof Error) {
            return null;
        }
        boolean io = false;
        Throwable current = failure;
        for (int depth = 0; current != null && depth < CAUSES_AT_MOST; depth++) {
            FailureKind kind = byType(current);
            if (kind != null) {
                return kind;
            }
            io |= current instanceof IOException;
            current = current.getCause();
        }
        return io ? CONNECTION_LOST : OTHER;
    }

    private static @Nullable FailureKind byType(Throwable failure) {
        if (failure instanceof CallRejectedException || failure instanceof HttpRejectedException) {
            return REJECTED;
        }
        if (failure instanceof HttpConnectTimeoutException) {
            return CONNECT_TIMEOUT;
        }
        if (failure instanceof CallTimeoutException
                || failure instanceof HttpTimeoutException
                || failure instanceof SocketTimeoutException
                || failure instanceof TimeoutException) {
            return READ_TIMEOUT;
        }
        if (failure instanceof ConnectException
                || failure instanceof UnknownHostException
                || failure instanceof NoRouteToHostException
                || failure instanceof PortUnreachableException
                || failure instanceof UnresolvedAddressException) {
            return NOT_CONNECTED;
        }
        if (failure instanceof InterruptedException
                || failure instanceof InterruptedIOException
                || failure instanceof ClosedByInterruptException
                || failure instanceof CancellationException) {
            return CANCELLED;
        }
        if (failure instanceof SSLHandshakeException && isCausedByTheConnection(failure)) {
            return NOT_CONNECTED;
        }
        if (failure instanceof SSLHandshakeException
                || failure instanceof SSLPeerUnverifiedException
                || failure instanceof CertificateException) {
            return CERTIFICATE;
        }
        if (failure instanceof ProtocolException || failure instanceof SSLProtocolException) {
            return PROTOCOL;
        }
        return failure instanceof IOException && isRefusedStream(failure.getMessage()) ? NOT_PROCESSED : null;
    }

    /** The server went away while the two sides shook hands: the request had not been sent yet. */
    private static boolean isCausedByTheConnection(Throwable handshake) {
        return handshake.getCause() instanceof EOFException || handshake.getCause() instanceof SocketException;
    }

    /** The JDK has no type for it; the second text is how its client words that code of HTTP/2. */
    private static boolean isRefusedStream(@Nullable String message) {
        return message != null
                && (message.contains("REFUSED_STREAM") || message.contains("RST_STREAM: Stream not processed"));
    }
}
