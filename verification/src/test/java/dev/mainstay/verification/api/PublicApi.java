package dev.mainstay.verification.api;

import static java.util.stream.Collectors.toCollection;

import java.lang.module.ModuleDescriptor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InnerClassNode;

/**
 * What a user's code can see of a module, as text: what it exports, and of each exported package the public and
 * protected types and members, with their generics, nullness, constants and exceptions. It is read from the class
 * files, so that it is the same whichever compiler or JDK runs.
 */
final class PublicApi {

    private final ModuleDescriptor module;

    /** By their internal names. */
    private final Map<String, ClassNode> classes = new TreeMap<>();

    private PublicApi(ModuleDescriptor module) {
        this.module = module;
    }

    /** The lines that tell the API of the module whose class files these are. */
    static List<String> of(Collection<byte[]> classFiles) {
        ModuleDescriptor module = classFiles.stream()
                .filter(file -> new ClassReader(file).getClassName().equals("module-info"))
                .map(file -> ModuleDescriptor.read(ByteBuffer.wrap(file)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no module-info"));
        return of(module, classFiles);
    }

    static List<String> of(ModuleDescriptor module, Collection<byte[]> classFiles) {
        PublicApi api = new PublicApi(module);
        for (byte[] file : classFiles) {
            ClassNode type = new ClassNode();
            new ClassReader(file)
                    .accept(type, ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
            api.classes.put(type.name, type);
        }
        return api.lines();
    }

    private List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("module " + module.name());
        sorted(module.requires().stream()
                        .filter(required -> !required.name().equals("java.base"))
                        .map(required -> "requires " + modifiers(required.modifiers().stream()) + required.name()))
                .forEach(lines::add);
        sorted(module.uses().stream().map(service -> "uses " + service)).forEach(lines::add);
        sorted(module.provides().stream()
                        .map(provided ->
                                "provides " + provided.service() + " with " + String.join(", ", provided.providers())))
                .forEach(lines::add);
        for (String exported : sorted(module.exports().stream()
                .filter(export -> !export.isQualified())
                .map(ModuleDescriptor.Exports::source))) {
            linesOf(exported, lines);
        }
        return lines;
    }

    private void linesOf(String exported, List<String> lines) {
        lines.add("");
        ClassNode info = classes.get(exported.replace('.', '/') + "/package-info");
        lines.add((info == null ? "" : AnnotationText.prefix(info.visibleAnnotations, info.invisibleAnnotations))
                + "package " + exported);
        for (ClassNode type : classes.values()) {
            if (TypeText.packageOf(type.name).equals(exported) && isVisible(type)) {
                requireVisibleParents(type);
                lines.add("");
                lines.addAll(new ClassText(type, flags(type)).lines());
            }
        }
    }

    /** Whether its members can be named from outside: itself and all that it is nested in are public or protected. */
    private boolean isVisible(ClassNode type) {
        if (!ClassText.isVisible(flags(type)) || type.outerMethod != null) {
            return false;
        }
        InnerClassNode nesting = nesting(type);
        return nesting == null || (nesting.outerName != null && isVisible(classes.get(nesting.outerName)));
    }

    /**
     * What the source says of a nested type is in its table of inner classes; its own flags know no protected and no
     * static.
     */
    private static int flags(ClassNode type) {
        InnerClassNode nesting = nesting(type);
        return nesting == null
                ? type.access
                : nesting.access | (type.access & (Opcodes.ACC_RECORD | Opcodes.ACC_DEPRECATED));
    }

    private static InnerClassNode nesting(ClassNode type) {
        return type.innerClasses.stream()
                .filter(inner -> inner.name.equals(type.name))
                .findFirst()
                .orElse(null);
    }

    /** Only what a type declares itself is told of it: what it had from a hidden parent would be missing. */
    private void requireVisibleParents(ClassNode type) {
        Stream.concat(Stream.of(type.superName), type.interfaces.stream())
                .filter(classes::containsKey)
                .filter(parent -> !isVisible(classes.get(parent)))
                .forEach(parent -> {
                    throw new IllegalStateException(type.name + " is public and inherits from " + parent
                            + ", which is not: users would see its members nowhere told");
                });
    }

    private static Collection<String> sorted(Stream<String> lines) {
        return lines.collect(toCollection(TreeSet::new));
    }

    private static String modifiers(Stream<ModuleDescriptor.Requires.Modifier> modifiers) {
        StringBuilder text = new StringBuilder();
        modifiers
                .filter(modifier -> modifier == ModuleDescriptor.Requires.Modifier.STATIC
                        || modifier == ModuleDescriptor.Requires.Modifier.TRANSITIVE)
                .map(modifier -> modifier.name().toLowerCase(Locale.ROOT) + " ")
                .sorted()
                .forEach(text::append);
        return text.toString();
    }
}
