"$MAKE" photos
mkdir -p in/sub other
head -c 15000 photos/photo.jpg > in/sub/cut.jpg
head -c 200 photos/photo.jpg > in/head.jpg
cp in/sub/cut.jpg in/twin.jpg
cp in/sub/cut.jpg other/twin.jpg
cksum in/*.jpg in/sub/*.jpg > before

echo "in place, under the folder itself"
"$PARE" -i -q 80 --json --salvage in/rescued in > log
echo "exit $?"
grep -o '"input":"[^"]*"\|"error":"[^"]*"\|"salvaged":"[^"]*"' log | sort
cksum in/*.jpg in/sub/*.jpg | cmp - before && echo "the files are as they were"
find in/rescued -type f | sort
cksum in/rescued/twin.jpg > first

echo "a second run writes over nothing, and does not walk that folder"
"$PARE" -i -q 80 --json --salvage in/rescued in > log
echo "exit $?"
grep -c '"salvaged"' log
grep -o 'nothing salvaged: twin.jpg[^"]*' log
grep -c rescued/ log
cksum in/rescued/twin.jpg | cmp - first && echo "the salvaged file is as it was"

echo "two files of one name: the second one stays out"
"$PARE" -i -q 80 --json --salvage both in/twin.jpg other/twin.jpg > log
echo "exit $?"
grep -c '"salvaged"' log
find both -type f

echo "check writes nothing"
"$PARE" check -q 80 --quiet --no-ledger in/twin.jpg
echo "exit $?"
find . -name '.pare-*'
