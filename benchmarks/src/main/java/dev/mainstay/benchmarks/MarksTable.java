package dev.mainstay.benchmarks;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.util.List;

/** The marks for the terminal. */
final class MarksTable {

    private static final int WIDEST = 60;

    private MarksTable() {}

    static String of(List<MarkRow> rows) {
        return AsciiTable.getTable(
                AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
                rows,
                List.of(
                        column("mark", HorizontalAlign.LEFT).with(MarkRow::question),
                        column("threads", HorizontalAlign.RIGHT).with(row -> Integer.toString(row.threads())),
                        column("Mainstay", HorizontalAlign.RIGHT).with(MarkRow::ours),
                        column("peer", HorizontalAlign.RIGHT).with(MarkRow::peer),
                        column("ratio", HorizontalAlign.RIGHT).with(MarkRow::ratio),
                        column("limit", HorizontalAlign.RIGHT).with(MarkRow::limit),
                        column("times its floor", HorizontalAlign.RIGHT).with(MarkRow::floor),
                        column("", HorizontalAlign.LEFT)
                                .with(row -> row.verdict().toString())));
    }

    private static Column column(String header, HorizontalAlign align) {
        return new Column().header(header).dataAlign(align).maxWidth(WIDEST);
    }
}
