package dev.mainstay.http;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The answers of one call that nobody has taken yet. Each goes to the caller or is discarded, exactly once: by whoever
 * takes it out of here.
 *
 * <p>One immutable state behind one reference. The call is open, then over; what comes when it is over is discarded by
 * who brings it.
 */
final class OpenAnswers<T> {

    private final Discards discards;
    private final AtomicReference<State<T>> state = new AtomicReference<>(new State<>(List.of(), false, null));

    OpenAnswers(Discards discards) {
        this.discards = discards;
    }

    /** An attempt has got its answer. */
    void add(HttpResponse<T> answer) {
        State<T> before;
        do {
            before = state.get();
            if (before.over) {
                discards.discard(answer);
                return;
            }
        } while (!state.compareAndSet(before, before.with(answer)));
    }

    /** The answer that this object is; null if it is none, or was taken. */
    @Nullable
    HttpResponse<T> find(@Nullable Object object) {
        for (HttpResponse<T> answer : state.get().open) {
            if (answer == object) {
                return answer;
            }
        }
        return null;
    }

    /** Nobody wants this answer; does nothing if it was taken. */
    void discard(@Nullable Object unwanted) {
        State<T> before;
        HttpResponse<T> answer;
        do {
            before = state.get();
            answer = find(unwanted);
            if (answer == null) {
                return;
            }
        } while (!state.compareAndSet(before, before.without(answer)));
        discards.discard(answer);
    }

    /**
     * The call has ended for its caller, who takes this answer; all others are discarded.
     *
     * @param taken null for none
     * @return false if it had ended before
     */
    boolean end(@Nullable HttpResponse<T> taken) {
        State<T> before;
        do {
            before = state.get();
            if (before.over) {
                return false;
            }
        } while (!state.compareAndSet(before, new State<>(List.of(), true, before.has(taken) ? taken : null)));
        for (HttpResponse<T> answer : before.open) {
            if (answer != taken) {
                discards.discard(answer);
            }
        }
        return true;
    }

    /** The caller was to take an answer, and has ended the call by other means just before. */
    void discardTaken() {
        State<T> before = state.getAndSet(new State<>(List.of(), true, null));
        if (before.taken != null) {
            discards.discard(before.taken);
        }
    }

    private record State<T>(
            List<HttpResponse<T>> open,
            boolean over,
            @Nullable HttpResponse<T> taken) {

        boolean has(@Nullable HttpResponse<T> answer) {
            return open.stream().anyMatch(other -> other == answer);
        }

        State<T> with(HttpResponse<T> answer) {
            List<HttpResponse<T>> more = new ArrayList<>(open);
            more.add(answer);
            return new State<>(List.copyOf(more), over, taken);
        }

        State<T> without(HttpResponse<T> answer) {
            return new State<>(open.stream().filter(other -> other != answer).toList(), over, taken);
        }
    }
}
