package dev.mainstay.spring;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;

/**
 * What tells the calls of a method apart. Parsed once. An argument alone ({@code #tenant}, {@code #p0}, {@code #a0}) is
 * taken as it is; everything else is evaluated, with the bean as its root object. Safe for use by many threads.
 */
final class KeyExpression {

    private static final ParameterNameDiscoverer NAMES = new DefaultParameterNameDiscoverer();
    private static final SpelExpressionParser PARSER = new SpelExpressionParser();
    private static final Pattern VARIABLE = Pattern.compile("#(\\w+)");
    private static final Pattern NUMBERED = Pattern.compile("[pa](\\d+)");

    private final String text;
    private final Method method;
    private final String where;

    /** The argument that is the key; less than zero if the expression is more than that. */
    private final int argument;

    private final @Nullable Expression expression;
    private final BeanFactoryResolver beans;

    /**
     * Parses a key.
     *
     * @param where what messages call the method
     * @throws IllegalArgumentException if it cannot be parsed or names an argument that the method does not have
     */
    KeyExpression(String text, Method method, String where, BeanFactory beans) {
        this.text = text;
        this.method = method;
        this.where = where;
        this.beans = new BeanFactoryResolver(beans);
        Matcher variable = VARIABLE.matcher(text);
        if (variable.matches()) {
            argument = argument(variable.group(1));
            expression = null;
            require(argument >= 0, variable.group());
        } else {
            argument = -1;
            expression = parsed();
            for (String name : variablesOf(((SpelExpression) expression).getAST(), new ArrayList<>())) {
                require(name.equals("#root") || name.equals("#this") || argument(name.substring(1)) >= 0, name);
            }
        }
    }

    /** The names of the parameters, or what can be written for them where the class file does not have names. */
    static List<String> parameters(Method method) {
        @Nullable String @Nullable [] names = NAMES.getParameterNames(method);
        List<String> known = new ArrayList<>();
        for (int i = 0; i < method.getParameterCount(); i++) {
            String name = names == null ? null : names[i];
            known.add(name == null ? "p" + i : name);
        }
        return known;
    }

    private Expression parsed() {
        try {
            return PARSER.parseExpression(text);
        } catch (ParseException broken) {
            throw new IllegalArgumentException(
                    "the key '" + text + "' is no expression: " + broken.getSimpleMessage()
                            + ". Write an argument, as in '#" + example() + "'",
                    broken);
        }
    }

    private String example() {
        List<String> parameters = parameters(method);
        return parameters.isEmpty() ? "p0" : parameters.get(0);
    }

    private int argument(String name) {
        Matcher numbered = NUMBERED.matcher(name);
        int named = parameters(method).indexOf(name);
        if (named >= 0 || !numbered.matches()) {
            return named;
        }
        int number = Integer.parseInt(numbered.group(1));
        return number < method.getParameterCount() ? number : -1;
    }

    private void require(boolean known, String variable) {
        if (!known) {
            throw new IllegalArgumentException("the key '" + text + "' names " + variable
                    + ", which is no argument: there are "
                    + parameters(method).stream().map(name -> "#" + name).toList()
                    + " (names are known if javac has the option -parameters)");
        }
    }

    private static List<String> variablesOf(SpelNode node, List<String> found) {
        if (node instanceof VariableReference) {
            found.add(node.toStringAST());
        }
        for (int i = 0; i < node.getChildCount(); i++) {
            variablesOf(node.getChild(i), found);
        }
        return found;
    }

    /** The key of a call. */
    Object of(MethodInvocation invocation) {
        Object key;
        if (expression == null) {
            key = invocation.getArguments()[argument];
        } else {
            try {
                key = expression.getValue(context(invocation));
            } catch (RuntimeException failure) {
                throw new IllegalArgumentException(
                        "the key '" + text + "' of " + where + " fails: " + failure.getMessage()
                                + ". Write an expression that gives a value for every call",
                        failure);
            }
        }
        if (key == null) {
            throw new IllegalArgumentException("the key '" + text + "' of " + where
                    + " is null. Write an expression that gives a value for every call, as in '#tenant ?: \"none\"'");
        }
        return key;
    }

    private MethodBasedEvaluationContext context(MethodInvocation invocation) {
        Object root = invocation.getThis();
        MethodBasedEvaluationContext context = new MethodBasedEvaluationContext(
                root == null ? invocation : root, method, invocation.getArguments(), NAMES);
        context.setBeanResolver(beans);
        return context;
    }

    @Override
    public String toString() {
        return text;
    }
}
