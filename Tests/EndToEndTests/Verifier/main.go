// Verifies a ledger exported as tlog-tiles with nobody's code but golang.org/x/mod: checkpoint, tiles, entries, inclusion and
// consistency. Usage: verifier FOLDER VKEY [OLD-CHECKPOINT [PROOF ENTRY]]
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(format string, arguments ...any) {
	fmt.Printf("FAILED: "+format+"\n", arguments...)
	os.Exit(1)
}

func must(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

// checkpoint opens a signed note of three lines and returns the tree it describes.
func checkpoint(text []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(text, note.VerifierList(verifier))
	must(err, "checkpoint signature")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		fail("checkpoint is not three lines of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "checkpoint size")
	if strconv.FormatInt(size, 10) != lines[1] {
		fail("checkpoint size is not canonical")
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err, "checkpoint root")
	var tree tlog.Tree
	tree.N = size
	if copy(tree.Hash[:], root) != tlog.HashSize || len(root) != tlog.HashSize {
		fail("checkpoint root is not 32 bytes")
	}
	return tree
}

// encoded writes a tile index in groups of three digits, all but the last marked with x.
func encoded(n int64) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	return text
}

type reader struct{ folder string }

func (reader) Height() int { return 8 }

func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		path := filepath.Join(r.folder, "tile", strconv.Itoa(tile.L), encoded(tile.N))
		full := path
		if tile.W != 256 {
			path += ".p/" + strconv.Itoa(tile.W)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			content, err = os.ReadFile(full)
		}
		if err != nil {
			return nil, err
		}
		if len(content) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is cut short", path)
		}
		data = append(data, content[:tile.W*tlog.HashSize])
	}
	return data, nil
}

func (reader) SaveTiles([]tlog.Tile, [][]byte) {}

func entries(folder string, number, size int64) [][]byte {
	width := size - number*256
	path := filepath.Join(folder, "tile", "entries", encoded(number))
	if width < 256 {
		path += ".p/" + strconv.FormatInt(width, 10)
	} else {
		width = 256
	}
	content, err := os.ReadFile(path)
	must(err, "entry bundle")
	var found [][]byte
	for len(content) > 0 {
		if len(content) < 2 {
			fail("bundle %d has bytes left over", number)
		}
		length := int(binary.BigEndian.Uint16(content))
		if len(content) < 2+length {
			fail("bundle %d is cut short", number)
		}
		found = append(found, content[2:2+length])
		content = content[2+length:]
	}
	if int64(len(found)) != width {
		fail("bundle %d holds %d entries, not %d", number, len(found), width)
	}
	return found
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	must(err, "verification key")
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	must(err, "checkpoint")
	tree := checkpoint(text, verifier)
	hashes := tlog.TileHashReader(tree, reader{folder})

	root, err := tlog.TreeHash(tree.N, hashes)
	must(err, "tree")
	if root != tree.Hash {
		fail("the tiles do not have the signed root")
	}
	for number := int64(0); number*256 < tree.N; number++ {
		for offset, entry := range entries(folder, number, tree.N) {
			index := number*256 + int64(offset)
			stored, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
			must(err, "leaf")
			if stored[0] != tlog.RecordHash(entry) {
				fail("entry %d is not in the tree", index)
			}
		}
	}
	random := rand.New(rand.NewSource(1))
	for round := 0; round < 50; round++ {
		index := random.Int63n(tree.N)
		proof, err := tlog.ProveRecord(tree.N, index, hashes)
		must(err, "inclusion proof")
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		must(err, "leaf")
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf[0]), "inclusion")
		old := 1 + random.Int63n(tree.N)
		oldRoot, err := tlog.TreeHash(old, hashes)
		must(err, "older tree")
		consistency, err := tlog.ProveTree(tree.N, old, hashes)
		must(err, "consistency proof")
		must(tlog.CheckTree(consistency, tree.N, tree.Hash, old, oldRoot), "consistency")
		if len(consistency) > 0 {
			consistency[0][0] ^= 1
			if tlog.CheckTree(consistency, tree.N, tree.Hash, old, oldRoot) == nil {
				fail("a damaged consistency proof passed")
			}
		}
	}
	if len(os.Args) > 3 {
		kept, err := os.ReadFile(os.Args[3])
		must(err, "older checkpoint")
		old := checkpoint(kept, verifier)
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		must(err, "proof from the older checkpoint")
		must(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash), "consistency with the older checkpoint")
	}
	if len(os.Args) > 5 {
		checkReceipt(os.Args[4], os.Args[5], verifier)
	}
	fmt.Printf("VERIFIED %d entries\n", tree.N)
}

// checkReceipt reads a .tlog-proof: index, hashes, and the checkpoint behind an empty line.
func checkReceipt(proofPath, entryPath string, verifier note.Verifier) {
	proof, err := os.ReadFile(proofPath)
	must(err, "receipt")
	entry, err := os.ReadFile(entryPath)
	must(err, "entry")
	head, signed, found := bytes.Cut(proof, []byte("\n\n"))
	if !found {
		fail("the receipt has no checkpoint")
	}
	tree := checkpoint(signed, verifier)
	var index int64 = -1
	var hashes tlog.RecordProof
	for number, line := range strings.Split(string(head), "\n") {
		switch {
		case number == 0:
			if line != "c2sp.org/tlog-proof@v1" {
				fail("the receipt's first line is %q", line)
			}
		case strings.HasPrefix(line, "index "):
			index, err = strconv.ParseInt(strings.TrimPrefix(line, "index "), 10, 64)
			must(err, "receipt index")
		case index >= 0:
			var hash tlog.Hash
			raw, err := base64.StdEncoding.DecodeString(line)
			must(err, "receipt hash")
			copy(hash[:], raw)
			hashes = append(hashes, hash)
		}
	}
	must(tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(entry)), "receipt")
}
