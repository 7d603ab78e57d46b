// Measures Hyperscan and RE2 on the text and patterns of the redaction benchmark: one thread, processor time, best of four.
// Usage: peers PATTERNS TEXT. Built by run.sh with -DHYPERSCAN and -DWITH_RE2 where the libraries are installed.
#include <time.h>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>
#ifdef HYPERSCAN
#include <hs/hs.h>
#endif
#ifdef WITH_RE2
#include <re2/re2.h>
#include <re2/set.h>
#endif

static double cpu() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static const char message[] =
    "Hi there, this is about the second charge on my account. The card is 4012 8888 8888 1881, it runs out 11/29, and you can write to "
    "mara.silva@example.org or call 415-555-0132 in the evening. Thanks a lot for your help.";

template <typename Body>
static void report(const char *name, const std::vector<std::string> &lines, size_t bytes, Body body) {
    double best = 1e9;
    for (int round = 0; round < 4; round++) {
        double start = cpu();
        for (const auto &line : lines) body(line);
        best = std::min(best, cpu() - start);
    }
    std::vector<double> times;
    std::string text(message, std::min<size_t>(222, strlen(message)));
    for (int round = 0; round < 50000; round++) {
        timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        body(text);
        clock_gettime(CLOCK_MONOTONIC, &b);
        times.push_back((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec));
    }
    std::sort(times.begin(), times.end());
    printf("%s: %.1f MB/s, message p50 %.0f ns\n", name, bytes / 1e6 / best, times[times.size() / 2]);
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    std::vector<std::string> patterns, lines;
    std::ifstream file(argv[1]), text(argv[2]);
    std::string line;
    while (std::getline(file, line)) patterns.push_back(line.substr(line.find('\t') + 1));
    size_t bytes = 0;
    while (std::getline(text, line)) {
        bytes += line.size() + 1;
        lines.push_back(line);
    }
    volatile size_t found = 0;
#ifdef HYPERSCAN
    for (int starts = 1; starts >= 0; starts--) {
        std::vector<hs_database_t *> databases;
        std::vector<const char *> expressions;
        std::vector<unsigned> flags, ids;
        for (size_t i = 0; i < patterns.size(); i++) {
            // A pattern that is refused with starts is taken without.
            unsigned flag = HS_FLAG_CASELESS | (starts ? HS_FLAG_SOM_LEFTMOST : 0);
            hs_database_t *one = nullptr;
            hs_compile_error_t *error = nullptr;
            if (hs_compile(patterns[i].c_str(), flag, HS_MODE_BLOCK, nullptr, &one, &error) != HS_SUCCESS) {
                fprintf(stderr, "Hyperscan without starts: pattern %zu (%s)\n", i + 1, error->message);
                flag = HS_FLAG_CASELESS;
            }
            expressions.push_back(patterns[i].c_str());
            flags.push_back(flag);
            ids.push_back(i);
        }
        hs_database_t *database = nullptr;
        hs_compile_error_t *error = nullptr;
        if (hs_compile_multi(expressions.data(), flags.data(), ids.data(), patterns.size(), HS_MODE_BLOCK, nullptr, &database, &error)
            != HS_SUCCESS) {
            fprintf(stderr, "Hyperscan: %s\n", error->message);
            continue;
        }
        hs_scratch_t *scratch = nullptr;
        hs_alloc_scratch(database, &scratch);
        report(starts ? "Hyperscan with starts" : "Hyperscan without starts", lines, bytes, [&](const std::string &s) {
            hs_scan(database, s.data(), s.size(), 0, scratch,
                [](unsigned, unsigned long long, unsigned long long, unsigned, void *count) {
                    ++*static_cast<volatile size_t *>(count);
                    return 0;
                }, const_cast<size_t *>(&found));
        });
    }
#endif
#ifdef WITH_RE2
    RE2::Options options;
    options.set_case_sensitive(false);
    RE2::Set set(options, RE2::UNANCHORED);
    std::vector<RE2 *> all;
    for (const auto &pattern : patterns) {
        set.Add(pattern, nullptr);
        all.push_back(new RE2(pattern, options));
    }
    set.Compile();
    std::vector<int> hits;
    report("RE2 set + find", lines, bytes, [&](const std::string &s) {
        hits.clear();
        if (!set.Match(s, &hits)) return;
        for (int index : hits) {
            re2::StringPiece rest(s), match;
            while (all[index]->Match(rest, 0, rest.size(), RE2::UNANCHORED, &match, 1)) {
                found = found + 1;
                rest.remove_prefix(match.data() + std::max<size_t>(match.size(), 1) - rest.data());
            }
        }
    });
#endif
    return 0;
}
