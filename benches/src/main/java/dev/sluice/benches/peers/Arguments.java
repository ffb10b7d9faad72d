package dev.sluice.benches.peers;

/**
 * What is to be measured, with llama-bench's options.
 *
 * @param answer a prompt to answer in place of measuring; empty for none
 * @param context tokens that the context must hold; 0 for as many as the tests need
 */
record Arguments(
        String model, int threads, int prompt, int generated, int depth, int repetitions, int context, String answer) {
    static Arguments parse(String[] args) {
        String model = "";
        String answer = "";
        int threads = Runtime.getRuntime().availableProcessors();
        int prompt = 0;
        int generated = 0;
        int depth = 0;
        int repetitions = 3;
        int context = 0;
        for (int i = 0; i + 1 < args.length; i += 2) {
            String value = args[i + 1];
            switch (args[i]) {
                case "-m" -> model = value;
                case "-t" -> threads = Integer.parseInt(value);
                case "-p" -> prompt = Integer.parseInt(value);
                case "-n" -> generated = Integer.parseInt(value);
                case "-d" -> depth = Integer.parseInt(value);
                case "-r" -> repetitions = Integer.parseInt(value);
                case "-c" -> context = Integer.parseInt(value);
                case "--answer" -> answer = value;
                default -> throw new IllegalArgumentException("unknown option " + args[i]);
            }
        }
        return new Arguments(model, threads, prompt, generated, depth, repetitions, context, answer);
    }

    /** A few tokens more than the tests: for the one at the beginning and the one that ends a prompt test. */
    int contextNeeded() {
        return context > 0 ? context : Math.max(prompt, Math.max(1, depth) + generated) + 16;
    }
}
