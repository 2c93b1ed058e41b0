"$PARE" check kept.png done.png
